import t from 'tap';
import { sessionIdOf, sessionLabel, type IdPlaces, type IdSource } from '../../src/session/identity.ts';

const get = { method: 'GET', path: '/', query: '', body: null };
const cgi: IdPlaces = { name: 'CGISESSID', path: null, isFolded: true };
const idIn = (cookie: string) => sessionIdOf({ ...get, headers: ['Cookie', cookie] }, cgi);

t.test('a request names its session with a cookie', async (t) => {
  t.equal(idIn('lang=de; CGISESSID=5f3a9c'), '5f3a9c');
  t.equal(sessionIdOf({ ...get, headers: ['Cookie', 'sid=1'] }, { ...cgi, name: 'sid' }), '1');
});

t.test('one without such a cookie has no session', async (t) => {
  t.equal(sessionIdOf({ ...get, headers: ['Host', 'shop'] }, cgi), null);
  for (const cookie of ['CGISESSID=', 'CGISESSID', 'cgisessid=a', 'CGISESSID=%20', 'CGISESSID=+']) {
    t.equal(idIn(cookie), null, cookie);
  }
});

t.test('or, without the cookie, with a parameter of the same name, as CGI::Session does', async (t) => {
  const find = (request: Partial<IdSource>) => sessionIdOf({ ...get, headers: [], ...request }, cgi);
  t.equal(find({ query: 'sku=1;CGISESSID=ABC' }), 'abc', 'in a query');
  t.equal(find({ query: '%43GISESSID=abc' }), 'abc', 'however it is spelt');
  t.equal(
    find({ query: 'CGISESSID=abc', headers: ['Cookie', 'CGISESSID=def'] }),
    'def',
    'the cookie comes first',
  );
  t.equal(
    find({ query: 'CGISESSID=abc', headers: ['Cookie', 'CGISESSID=0'] }),
    'abc',
    'unless Perl finds it false',
  );
  const post = { method: 'POST', query: 'CGISESSID=query' };
  t.equal(find({ ...post, body: Buffer.from('a=1&CGISESSID=abc') }), 'abc', 'in a form');
  t.equal(find({ ...post, body: Buffer.from('a=1') }), null, 'not in the query of a POST');
  const form =
    '--x\r\nContent-Disposition: form-data; name="file"; filename="CGISESSID"\r\n\r\nno\r\n' +
    '--x\r\nContent-Disposition: form-data; name="CGISESSID"\r\n\r\nabc\r\n--x--\r\n';
  const headers = ['Content-Type', 'multipart/form-data; boundary=x'];
  t.equal(find({ ...post, headers, body: Buffer.from(form) }), 'abc', 'in a form with files');
  t.throws(() => find({ query: 'CGISESSID=%E9' }), { code: 'BAD_SESSION_ID' });
});

t.test('spellings that Perl and MySQL take for one session are one turn', async (t) => {
  const spellings = ['5F3A9C', '5f3a9c', '%35f3a9c', '5f3a9c%20', '5f3a9c+', '5f3a9c&x', '%35f3A9c'];
  for (const spelling of spellings) t.equal(idIn(`CGISESSID=${spelling}`), '5f3a9c', spelling);
  t.equal(idIn('CGISESSID=5f3a9c; CGISESSID=other'), '5f3a9c');
});

t.test('or in the path, where the site keeps it there, before anything else', async (t) => {
  const find = (path: string, place: { before: string; after: string }, cookie = 'CGISESSID=other') =>
    sessionIdOf({ ...get, path, headers: ['Cookie', cookie] }, { ...cgi, path: place });
  const sid = { before: '/sid=', after: '' };
  t.equal(find('/shop.pl/sid=AbC/cart', sid), 'abc', 'to the next slash');
  t.equal(find('/shop.pl/sid=abc', sid), 'abc', 'or the end');
  t.equal(find('/shop.pl/-abc-/cart', { before: '/-', after: '-/' }), 'abc', 'or what stands behind it');
  t.equal(find('/shop.pl/cart', sid), 'other', 'else it is the cookie’s');
  t.equal(find('/shop.pl/sid=/cart', sid), 'other', 'an empty one is none');
  t.throws(() => find('/shop.pl/sid=\xe9', sid), { code: 'BAD_SESSION_ID' });
});

t.test('to files, spellings are different names', async (t) => {
  const inFiles = { ...cgi, isFolded: false };
  t.equal(sessionIdOf({ ...get, headers: ['Cookie', 'CGISESSID=AbC'] }, inFiles), 'AbC');
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
