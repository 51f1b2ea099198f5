import t from 'tap';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { networkHolds, parseNetwork } from '../../src/routing/network.ts';
import { keptOutBy, parseOnly, parseSticky } from '../../src/routing/who.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import { visitorOf } from '../helpers/routing.ts';

const mistake = (read: () => unknown): string => {
  const result = orMistake(read);
  return result instanceof Mistake ? `${result.message} [${result.code}] ${result.help}` : 'no mistake';
};
const inside = (network: string, address: string): boolean => networkHolds(parseNetwork(network), address);

t.test('an address is in its network', async (t) => {
  t.ok(inside('10.0.0.0/8', '10.255.3.4'));
  t.notOk(inside('10.0.0.0/8', '11.0.0.1'));
  t.ok(inside('10.1.2.3', '10.1.2.3'));
  t.notOk(inside('10.1.2.3', '10.1.2.4'));
  t.ok(inside('192.168.1.128/25', '192.168.1.200'));
  t.notOk(inside('192.168.1.128/25', '192.168.1.100'));
  t.ok(inside('0.0.0.0/0', '8.8.8.8'));
});

t.test('IPv6 addresses are read in all their spellings', async (t) => {
  t.ok(inside('2001:db8::/32', '2001:0DB8:0:0:0:0:0:1'));
  t.notOk(inside('2001:db8::/32', '2001:db9::1'));
  t.ok(inside('::1', '0:0:0:0:0:0:0:1'));
  t.ok(inside('::ffff:10.0.0.0/104', '::ffff:10.9.9.9'));
  t.notOk(inside('10.0.0.0/8', '::ffff:10.0.0.1'), 'the gateway has made an IPv4 address of those');
});

t.test('what is no address is a mistake', async (t) => {
  for (const text of [
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    'localhost',
    '::1::',
    '1:2:3',
    ':::',
    '10.0.0.0/',
    '',
  ])
    t.match(
      mistake(() => parseNetwork(text)),
      /is no IP address \[bad-only\]/,
      text,
    );
  t.notOk(inside('::/0', 'nonsense'));
});

t.test('visitors are told apart by what is said', async (t) => {
  t.same(parseSticky('cookie:user'), { by: 'cookie', name: 'user' });
  t.same(parseSticky('header: X-User'), { by: 'header', name: 'x-user' });
  t.match(
    mistake(() => parseSticky('sesion')),
    /did you mean "session"\?/,
  );
  t.match(
    mistake(() => parseSticky('cookie:')),
    /write session, ip, none, cookie:NAME or header:NAME/,
  );
});

t.test('one value of several is enough, and a name alone takes any value', async (t) => {
  const beta = parseOnly('cookie', ['beta=1', 'beta=2']);
  const holds = (cookie: string) => keptOutBy([beta], visitorOf({ headers: ['Cookie', cookie] })) === null;
  t.ok(holds('beta=2'));
  t.notOk(holds('beta=3'));
  const any = parseOnly('header', ['X-Staff']);
  t.equal(keptOutBy([any], visitorOf({ headers: ['x-staff', ''] })), null);
  t.equal(keptOutBy([any], visitorOf()), any);
});

t.test('a session is named by its id or its label', async (t) => {
  const visitor = visitorOf({ sessionId: '5f3a9c' });
  t.equal(keptOutBy([parseOnly('session', ['5f3a9c'])], visitor), null);
  t.equal(keptOutBy([parseOnly('session', [sessionLabel('5f3a9c')])], visitor), null);
  t.not(keptOutBy([parseOnly('session', ['other'])], visitor), null);
});

t.test('several names in one condition are a mistake', async (t) => {
  t.match(
    mistake(() => parseOnly('cookie', ['a=1', 'b=1'])),
    /names several: "a" and "b" \[bad-only\]/,
  );
  t.match(
    mistake(() => parseOnly('header', ['a b'])),
    /cannot be the name of a header/,
  );
});
