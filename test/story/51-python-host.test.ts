// The port host in Python that docs/port-hosts.md explains (docs/python-host): a real python3 between a real gateway and a
// real MariaDB, beside the Perl whose sessions it shares.
import t from 'tap';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, get, leftToLegacy, post, putInSession, type Click } from '../helpers/alike.ts';
import { askPythonOf } from '../helpers/python.ts';
import { logged, perlReads, sessionBytes } from '../helpers/shop.ts';
import { usePython, useWishes, wish, wishesInTable } from '../helpers/wishes.ts';

const shop = await useWishes(t);
const add = (sku: number, quantity = '1'): Click => get(`cart.pl?action=add;sku=${sku};qty=${quantity}`);
const update = (form: Record<string, string>): Click => post('cart.pl', { action: 'update', ...form });
const list = get('giftlist.py');

t.test('pages in Python pass for the old ones', async (t) => {
  const routes = '  giftlist.py: { to: port, session: read }\n  wish.pl: port';
  const both = await usePython(t, shop, routes);
  const visits: Record<string, Click[]> = {
    'a visitor who has nothing': [list, wish('')],
    'a wish, and another one, and the first again': [wish(1001), wish(1005), wish(1001)],
    'what is no record': [wish(999_999), wish('x'), wish('1001%0a'), wish('1001%20'), get('wish.pl?1001')],
    'a form': [post('wish.pl', { sku: '1012' }), post('wish.pl?sku=1001', { other: 'x' })],
    'parameters in all spellings': [get('wish.pl?a=1;s%6Bu=10%301&sku=1002'), get('wish.pl?sku&sku=1001')],
    'umlauts, quotes and tags': [1005, 1011, 1028, 1030, 1031, 1037].map(wish),
    'both in one session': [add(1001, '2'), wish(1002), add(1030), wish(1003), list],
    'the cart as a list': [...[1005, 1011, 1028, 1030].map((sku) => add(sku)), list],
    'quantities nobody should type': [
      ...[1001, 1002, 1003, 1004].map((sku) => add(sku)),
      update({ qty_1001: `10 "pcs"`, qty_1002: `it's \\ <5>&`, qty_1003: 'two\nlines', qty_1004: '\xfc' }),
      list,
      wish(1001),
      list,
    ],
    'only the head': [
      add(1001),
      ...['giftlist.py', 'wish.pl?sku=1001'].map(
        (page): Click =>
          (visitor) =>
            visitor.ask('HEAD', page),
      ),
    ],
  };
  for (const [what, clicks] of Object.entries(visits)) await clickAlike(t, both, what, clicks);
  t.same(leftToLegacy(both), [], 'legacy never had to help out');
  t.equal((await wishesInTable(shop)) % 2, 0, 'and both have written their tables alike');

  await t.test('what only CGI.pm reads is left to legacy', async (t) => {
    const multipart: Click = (visitor) => {
      const body = '--x\r\nContent-Disposition: form-data; name="sku"\r\n\r\n1001\r\n--x--\r\n';
      return visitor.ask('POST', 'wish.pl', {
        type: 'multipart/form-data; boundary=x',
        body: Buffer.from(body),
      });
    };
    await clickAlike(t, both, 'odd forms', [multipart, get('wish.pl?sku=%u0031001')]);
    t.same(leftToLegacy(both), ['PORT_HANDED_OVER', 'PORT_HANDED_OVER']);
  });

  await t.test('a session that has expired is not adopted, and one that is made up neither', async (t) => {
    const [onPerl, onPython] = await clickAlike(t, both, 'a wish', [wish(1001)]);
    const old = String(onPython.sessionId);
    for (const { sessionId } of [onPerl, onPython])
      await putInSession(shop, String(sessionId), '_SESSION_ATIME', '1000000000');
    for (const visitor of [onPerl, onPython]) t.notMatch((await wish('')(visitor)).body, '<LI>');
    t.not(onPython.sessionId, old, 'there is a new one');
    t.equal(await sessionBytes(shop, old), null, 'and the old row is gone');
    onPython.sessionId = '0123456789abcdef0123456789abcdef';
    await wish(1002)(onPython);
    t.not(onPython.sessionId, '0123456789abcdef0123456789abcdef');
  });
});

t.test('a session that the page does not understand is left to legacy, and stays as it is', async (t) => {
  const both = await usePython(t, shop, '  giftlist.py: { to: port, session: read }\n  wish.pl: port');
  const { visitor, gateway } = both;
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  await shop.db.query("UPDATE sessions SET a_session = REPLACE(a_session, '};', ?) WHERE id = ?", [
    `,'agent' => bless( {'n' => 1}, 'Agent' )};`,
    id,
  ]);
  t.match(await wish(1002)(visitor), { status: 200, body: /<LI>.*\n<LI>/ });
  t.match(await logged(gateway, (line) => 'fallback' in line), {
    fallback: 'SESSION_UNREADABLE',
    fallbackDetail: /^byte \d+ of the session: a value was expected$/,
    side: 'legacy',
  });
  t.match(String(await sessionBytes(shop, id)), /bless\( \{'n' => 1\}, 'Agent' \)/, 'with all that is in it');
  t.notMatch(JSON.stringify(gateway.log()), id);
});

t.test('each reads what the other has written', async (t) => {
  const { visitor } = await usePython(t, shop, '  wish.pl: port');
  await wish(1005)(visitor);
  await add(1030, '2')(visitor);
  const odd = {
    type: 'application/x-www-form-urlencoded',
    body: Buffer.from('action=update&qty_1030=it%27s+%22%5C%E9%FF'),
  };
  await visitor.ask('POST', 'cart.pl', odd);
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  const perls = await perlReads(shop, id);
  t.match(perls, { wishes: [1005, 1001], cart: { 1030: `it's "\\\xe9\xff` }, _SESSION_ETIME: 86_400 });
  const [read] = askPythonOf<Record<string, unknown>>('decode', [(await sessionBytes(shop, id)) as Buffer]);
  const { _SESSION_ATIME, _SESSION_CTIME, _SESSION_REMOTE_ADDR, ...its } = (
    read as { answer: Record<string, unknown> }
  ).answer;
  t.same(its, perls);
});

t.test('twenty visitors click ten times each, all at once, at pages in Python and in Perl', async (t) => {
  const both = await usePython(t, shop, '  wish.pl: port', '60s'); // two hundred pages, half of them by CGI
  const { gateway } = both;
  const before = await wishesInTable(shop);
  const visitors = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const visitor = new Visitor(gateway.url);
      await visitor.get('cart.pl?action=show');
      return visitor;
    }),
  );
  const pages = await Promise.all(
    visitors.flatMap((visitor) =>
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? wish(1001 + i) : add(1001 + i))(visitor)),
    ),
  );
  t.same(new Set(pages.map(({ status }) => status)), new Set([200]), 'everybody gets a page');
  const sessions = await Promise.all(visitors.map(({ sessionId }) => perlReads(shop, String(sessionId))));
  for (const { wishes, cart } of sessions) {
    t.same(
      (wishes as number[]).toSorted((one, other) => one - other),
      [1001, 1003, 1005, 1007, 1009],
      'no wish is lost',
    );
    t.same(cart, { 1002: 1, 1004: 1, 1006: 1, 1008: 1, 1010: 1 }, 'and nothing in the cart');
  }
  t.equal(await wishesInTable(shop), before + 100);
  t.same(leftToLegacy(both), []);
});
