// The port host in Python that docs/port-hosts.md explains (docs/python-host): a real python3 between a real gateway and a
// real MariaDB, beside the Perl whose sessions it shares.
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { giveToServers } from '../../scripts/shop/process.ts';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import { clickAlike, get, leftToLegacy, post, putInSession, type Click } from '../helpers/alike.ts';
import { socketOf, useHostElsewhere } from '../helpers/port-host.ts';
import { askPythonOf, pythonHost } from '../helpers/python.ts';
import {
  logged,
  metricsOf,
  perlReads,
  sessionBytes,
  turnsHeld,
  until,
  useGatewayOn,
  useShop,
} from '../helpers/shop.ts';

const shop = await useShop(t);
await shop.db.query(
  'CREATE TABLE wishes (id INT AUTO_INCREMENT PRIMARY KEY, sku INT NOT NULL, wished DATETIME NOT NULL) ENGINE=InnoDB',
);
const twin = join(shop.root, 'cgi-bin/wish.pl');
cpSync(join(repository, 'test/fixtures/cgi/wish.pl'), twin);
chmodSync(twin, 0o755);
giveToServers(twin);

const startPython = (t: Test, socketPath: string) =>
  useHostElsewhere(t, shop, ['/usr/bin/python3', '-B', join(pythonHost, 'shop.py'), socketPath], socketPath);

/** A gateway whose ports are in a host in Python. */
async function useBoth(t: Test, routes: string, wait = '10s') {
  const socketPath = socketOf(shop);
  const host = await startPython(t, socketPath);
  const file = writeRoutes(shop, `${routes}\n  /**: legacy`, {
    ports: `{ url: 'unix:${socketPath}' }`,
    wait,
  });
  const gateway = await useGatewayOn(t, shop, file);
  return { shop, socketPath, host, gateway, visitor: new Visitor(gateway.url) };
}

const wish = (sku: number | string): Click => get(`wish.pl?sku=${sku}`);
const add = (sku: number, quantity = '1'): Click => get(`cart.pl?action=add;sku=${sku};qty=${quantity}`);
const update = (form: Record<string, string>): Click => post('cart.pl', { action: 'update', ...form });
const list = get('giftlist.py');

async function wishesInTable(): Promise<number> {
  const [rows] = await shop.db.query<RowDataPacket[]>('SELECT COUNT(*) AS wishes FROM wishes');
  return Number(rows[0]?.['wishes']);
}

/** Whether a connection of somebody else's waits in this state. */
const inState = (state: string) => async (): Promise<boolean> => {
  const [rows] = await shop.db.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.processlist WHERE (state = ? OR info = ?) AND id <> CONNECTION_ID()',
    [state, state],
  );
  return rows.length > 0;
};

t.test('pages in Python pass for the old ones', async (t) => {
  const routes = '  giftlist.py: { to: port, session: read }\n  wish.pl: port';
  const both = await useBoth(t, routes);
  const visits: Record<string, Click[]> = {
    'a visitor who has nothing': [list, wish('')],
    'a wish, and another one, and the first again': [wish(1001), wish(1005), wish(1001)],
    'what is no record': [wish(999_999), wish('x'), wish('1001%0a'), wish('1001%20'), get('wish.pl?1001')],
    'a form': [post('wish.pl', { sku: '1012' }), post('wish.pl?sku=1001', { other: 'x' })],
    'parameters in all spellings': [get('wish.pl?a=1;s%6Bu=10%301&sku=1002'), get('wish.pl?sku&sku=1001')],
    'umlauts, quotes and tags': [...[1005, 1011, 1028, 1030, 1031, 1037].map((sku) => wish(sku))],
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
  t.equal((await wishesInTable()) % 2, 0, 'and both have written their tables alike');

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
  const both = await useBoth(t, '  giftlist.py: { to: port, session: read }\n  wish.pl: port');
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
  const { visitor } = await useBoth(t, '  wish.pl: port');
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

t.test('a turn that is lost', async (t) => {
  const { visitor, gateway } = await useBoth(t, '  wish.pl: port');
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  const [before, inTable] = [await sessionBytes(shop, id), await wishesInTable()];
  const gate = await shop.mariadb.connect('shop');
  await gate.query('LOCK TABLES wishes WRITE');
  const asked = wish(1002)(visitor);
  await until('the page is at its INSERT', inState('Waiting for table metadata lock'));
  const [rows] = await shop.db.query<RowDataPacket[]>('SELECT IS_USED_LOCK(?) AS holder', [
    lockName('shop.sessions', id),
  ]);
  await shop.db.query('KILL ?', [rows[0]?.['holder']]);
  await until('the gateway knows that the turn is lost', async () =>
    /^banyan_session_locks_lost_total [1-9]/m.test(await metricsOf(gateway)),
  );
  await gate.end();
  t.match(await asked, { status: 503, body: /nothing was changed/ }, 'is refused');
  t.match(await logged(gateway, (line) => 'problem' in line), { problem: 'LEASE_LOST', side: 'none' });
  t.same(await sessionBytes(shop, id), before, 'the session is as it was');
  t.equal(await wishesInTable(), inTable, 'and so is the table');
  t.match(await wish(1002)(visitor), { status: 200, body: /<LI>.*\n<LI>/ }, 'the next one has its turn');
});

t.test('a turn that is a row of a table', async (t) => {
  const { visitor, gateway } = await useBoth(t, '  wish.pl: port', '10s, kind: table');
  await wish(1001)(visitor);
  t.match(await wish(1002)(visitor), { status: 200, body: /<LI>.*\n<LI>/ });
  const inTable = await wishesInTable();
  const gate = await shop.mariadb.connect('shop');
  await gate.query('LOCK TABLES wishes WRITE');
  const asked = wish(1003)(visitor);
  await until('the page is at its INSERT', inState('Waiting for table metadata lock'));
  await shop.db.query('UPDATE banyan_locks SET token = token + 1000 WHERE token > 0');
  await gate.end();
  t.match(await asked, { status: 503, body: /nothing was changed/ });
  t.match(await logged(gateway, (line) => 'problem' in line), { problem: 'LEASE_LOST' });
  t.match(await perlReads(shop, String(visitor.sessionId)), { wishes: [1001, 1002] });
  t.equal(await wishesInTable(), inTable);
});

t.test('somebody who writes the session without a turn', async (t) => {
  const { visitor, gateway } = await useBoth(t, '  wish.pl: port');
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  const lock = await shop.mariadb.connect('shop');
  await lock.query('BEGIN');
  await lock.query('SELECT a_session FROM sessions WHERE id = ? FOR UPDATE', [id]);
  const asked = wish(1002)(visitor);
  await until('the page waits for the row', inState('Statistics'));
  await lock.query("UPDATE sessions SET a_session = REPLACE(a_session, '};', ?) WHERE id = ?", [
    `,'note' => 'x'};`,
    id,
  ]);
  await lock.query('COMMIT');
  await lock.end();
  t.match(
    await asked,
    { status: 200, body: /<LI>.*\n<LI>/ },
    'was there first: the page reads what he wrote',
  );
  t.match(await perlReads(shop, id), { note: 'x', wishes: [1001, 1002] });
  t.same(leftToLegacy({ shop, gateway }), []);
});

t.test('a page that is too slow is ended, and legacy answers', async (t) => {
  const { visitor, gateway } = await useBoth(t, '  wish.pl: { to: port, timeout: 2s }');
  await wish(1001)(visitor);
  const before = await wishesInTable();
  const gate = await shop.mariadb.connect('shop');
  await gate.query('LOCK TABLES wishes WRITE');
  const asked = wish(1002)(visitor);
  const waiting = async (): Promise<unknown> => {
    const state = 'Waiting for table metadata lock';
    const [rows] = await shop.db.query<RowDataPacket[]>(
      'SELECT id FROM information_schema.processlist WHERE state = ?',
      [state],
    );
    return rows[0]?.['id'];
  };
  await until('the page is at its INSERT', async () => (await waiting()) !== undefined);
  const its = await waiting();
  await until('it is killed at the server, too', async () => (await waiting()) !== its);
  await gate.end();
  t.match(await asked, { status: 200, body: /<LI>.*\n<LI>/ });
  t.match(await logged(gateway, (line) => 'fallback' in line), { fallback: 'PORT_TIMEOUT', side: 'legacy' });
  t.equal(await wishesInTable(), before + 1);
});

t.test('a host that is killed', async (t) => {
  const { visitor, gateway, host, socketPath } = await useBoth(t, '  wish.pl: port');
  await wish(1001)(visitor);

  await t.test('before it has announced its COMMIT: legacy answers, and all is done once', async (t) => {
    const before = await wishesInTable();
    const gate = await shop.mariadb.connect('shop');
    await gate.query('LOCK TABLES wishes WRITE');
    const asked = wish(1002)(visitor);
    await until('the page is at its INSERT', inState('Waiting for table metadata lock'));
    await host.stop('SIGKILL');
    await gate.end();
    t.match(await asked, { status: 200, body: /<LI>.*\n<LI>/ });
    t.match(await logged(gateway, (line) => 'fallback' in line), {
      fallback: 'PORT_HOST_DOWN',
      side: 'legacy',
    });
    t.equal(await wishesInTable(), before + 1);
    t.match(await perlReads(shop, String(visitor.sessionId)), { wishes: [1001, 1002] });
  });

  await t.test('while it commits: nobody knows, and nobody does it again', async (t) => {
    const next = await startPython(t, socketPath);
    const before = await wishesInTable();
    const gate = await shop.mariadb.connect('shop');
    await gate.query('BACKUP STAGE START');
    await gate.query('BACKUP STAGE BLOCK_COMMIT');
    const asked = wish(1003)(visitor);
    await until('the page is at its COMMIT', inState('COMMIT'));
    await next.stop('SIGKILL');
    const page = await asked;
    await gate.end();
    t.match(page, { status: 502, body: /not certain whether your request was carried out/ });
    const line = await logged(gateway, (one) => one['problem'] === 'COMMIT_UNCERTAIN');
    t.match(line, { side: 'none' });
    t.notOk('fallback' in line);
    await until('the turn is free', async () => (await turnsHeld(gateway)) === 0);
    const after = await wishesInTable();
    t.ok(after === before || after === before + 1, 'it was done once or not at all');
  });
});

t.test('a host that is told to end finishes what it has', async (t) => {
  const { visitor, host, gateway } = await useBoth(t, '  wish.pl: port');
  await wish(1001)(visitor);
  const gate = await shop.mariadb.connect('shop');
  await gate.query('LOCK TABLES wishes WRITE');
  const asked = wish(1002)(visitor);
  await until('the page is at its INSERT', inState('Waiting for table metadata lock'));
  host.child.kill('SIGTERM');
  const bystander = new Visitor(gateway.url);
  await until('nobody listens any more', async () => {
    await wish('')(bystander);
    return leftToLegacy({ shop, gateway }).length > 0;
  });
  await gate.end();
  t.match(await asked, { status: 200, body: /<LI>.*\n<LI>/ });
  t.equal(await host.ended, 0);
  t.same(new Set(leftToLegacy({ shop, gateway })), new Set(['PORT_HOST_DOWN']));
  const label = sessionLabel(String(visitor.sessionId));
  t.match(await logged(gateway, (line) => line['session'] === label), { side: 'port' });
});

t.test('twenty visitors click ten times each, all at once, at pages in Python and in Perl', async (t) => {
  const both = await useBoth(t, '  wish.pl: port', '60s'); // two hundred pages, half of them by CGI
  const { gateway } = both;
  const before = await wishesInTable();
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
    t.same((wishes as number[]).toSorted(), [1001, 1003, 1005, 1007, 1009], 'no wish is lost');
    t.same(cart, { 1002: 1, 1004: 1, 1006: 1, 1008: 1, 1010: 1 }, 'and nothing in the cart');
  }
  t.equal(await wishesInTable(), before + 100);
  t.same(leftToLegacy(both), []);
});
