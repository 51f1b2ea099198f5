import t from 'tap';
import { sessionIdOf, sessionLabel } from '../../src/session/identity.ts';

const idIn = (cookie: string) => sessionIdOf(['Cookie', cookie], 'CGISESSID');

t.test('a request names its session with a cookie', async (t) => {
  t.equal(idIn('lang=de; CGISESSID=5f3a9c'), '5f3a9c');
  t.equal(sessionIdOf(['Cookie', 'sid=1'], 'sid'), '1');
});

t.test('one without such a cookie has no session', async (t) => {
  t.equal(sessionIdOf(['Host', 'shop'], 'CGISESSID'), null);
  for (const cookie of ['CGISESSID=', 'CGISESSID', 'cgisessid=a', 'CGISESSID=%20', 'CGISESSID=+']) {
    t.equal(idIn(cookie), null, cookie);
  }
});

t.test('spellings that Perl and MySQL take for one session are one turn', async (t) => {
  const spellings = ['5F3A9C', '5f3a9c', '%35f3a9c', '5f3a9c%20', '5f3a9c+', '5f3a9c&x', '%35f3A9c'];
  for (const spelling of spellings) t.equal(idIn(`CGISESSID=${spelling}`), '5f3a9c', spelling);
  t.equal(idIn('CGISESSID=5f3a9c; CGISESSID=other'), '5f3a9c');
});

t.test('different sessions stay different', async (t) => {
  t.not(idIn('CGISESSID=%20a'), idIn('CGISESSID=a'), 'white space in front counts');
});

t.test('an id that MySQL may find equal to another in its own way is refused', async (t) => {
  for (const odd of ['5f3a9c%00', '5f3a9%E9', '\xe9', '%u0101', 'a%09']) {
    t.throws(() => idIn(`CGISESSID=${odd}`), { code: 'BAD_SESSION_ID' }, odd);
  }
});

t.test('a label tells sessions apart and opens none', async (t) => {
  t.equal(sessionLabel('5f3a9c'), sessionLabel('5f3a9c'));
  t.not(sessionLabel('5f3a9c'), sessionLabel('5f3a9d'));
  t.match(sessionLabel('5f3a9c'), /^[0-9a-f]{10}$/);
});
