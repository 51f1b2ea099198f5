// What becomes of a page in Python (docs/python-host) when its turn, its time or its process is lost.
import t from 'tap';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { lockName } from '../../src/mysql/asker.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { leftToLegacy } from '../helpers/alike.ts';
import { logged, metricsOf, perlReads, sessionBytes, turnsHeld, until } from '../helpers/shop.ts';
import {
  askAndHold,
  connectionIn,
  startPython,
  usePython,
  useWishes,
  wish,
  wishesInTable,
} from '../helpers/wishes.ts';

const shop = await useWishes(t);
const waitsForRow = 'Statistics'; // in the words of MariaDB

/** Keeps the row of a session to itself, until the connection is ended. */
async function holdRow(id: string): Promise<Connection> {
  const lock = await shop.mariadb.connect('shop');
  await lock.query('BEGIN');
  await lock.query('SELECT a_session FROM sessions WHERE id = ? FOR UPDATE', [id]);
  return lock;
}

t.test('a turn that is lost', async (t) => {
  const { visitor, gateway } = await usePython(t, shop, '  wish.pl: port');
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  const [before, inTable] = [await sessionBytes(shop, id), await wishesInTable(shop)];
  const { asked, gate } = await askAndHold(shop, () => wish(1002)(visitor));
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
  t.equal(await wishesInTable(shop), inTable, 'and so is the table');
  t.match(await wish(1002)(visitor), { status: 200, body: /<LI>.*\n<LI>/ }, 'the next one has its turn');
});

t.test('a turn that is a row of a table', async (t) => {
  const { visitor, gateway } = await usePython(t, shop, '  wish.pl: port', '10s, kind: table');
  await wish(1001)(visitor);
  t.match(await wish(1002)(visitor), { status: 200, body: /<LI>.*\n<LI>/ });
  const inTable = await wishesInTable(shop);
  const { asked, gate } = await askAndHold(shop, () => wish(1003)(visitor));
  await shop.db.query('UPDATE banyan_locks SET token = token + 1000 WHERE token > 0');
  await gate.end();
  t.match(await asked, { status: 503, body: /nothing was changed/ });
  t.match(await logged(gateway, (line) => 'problem' in line), { problem: 'LEASE_LOST' });
  t.match(await perlReads(shop, String(visitor.sessionId)), { wishes: [1001, 1002] });
  t.equal(await wishesInTable(shop), inTable);
});

t.test('somebody who writes the session without a turn', async (t) => {
  const { visitor, gateway } = await usePython(t, shop, '  wish.pl: port');
  await wish(1001)(visitor);
  const id = String(visitor.sessionId);
  const lock = await holdRow(id);
  const asked = wish(1002)(visitor);
  await until('the page waits for the row', async () => (await connectionIn(shop, waitsForRow)) !== null);
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

t.test('a page that is too slow is ended, at the server, too, and legacy answers', async (t) => {
  const { visitor, gateway } = await usePython(t, shop, '  wish.pl: { to: port, timeout: 2s }');
  await wish(1001)(visitor);
  const before = await wishesInTable(shop);
  const lock = await holdRow(String(visitor.sessionId));
  const asked = wish(1002)(visitor);
  await until('the page waits for the row', async () => (await connectionIn(shop, waitsForRow)) !== null);
  const its = await connectionIn(shop, waitsForRow);
  await until('it does not wait any more', async () => (await connectionIn(shop, waitsForRow)) !== its);
  await lock.end();
  t.match(await asked, { status: 200, body: /<LI>.*\n<LI>/ });
  t.match(await logged(gateway, (line) => 'fallback' in line), { fallback: 'PORT_TIMEOUT', side: 'legacy' });
  t.equal(await wishesInTable(shop), before + 1);
});

t.test('a host that is killed', async (t) => {
  const { visitor, gateway, host, socketPath } = await usePython(t, shop, '  wish.pl: port');
  await wish(1001)(visitor);

  await t.test('before it has announced its COMMIT: legacy answers, and all is done once', async (t) => {
    const before = await wishesInTable(shop);
    const { asked, gate } = await askAndHold(shop, () => wish(1002)(visitor));
    await host.stop('SIGKILL');
    await gate.end();
    t.match(await asked, { status: 200, body: /<LI>.*\n<LI>/ });
    t.match(await logged(gateway, (line) => 'fallback' in line), {
      fallback: 'PORT_HOST_DOWN',
      side: 'legacy',
    });
    t.equal(await wishesInTable(shop), before + 1);
    t.match(await perlReads(shop, String(visitor.sessionId)), { wishes: [1001, 1002] });
  });

  await t.test('while it commits: nobody knows, and nobody does it again', async (t) => {
    const next = await startPython(t, shop, socketPath);
    const before = await wishesInTable(shop);
    const gate = await shop.mariadb.connect('shop');
    await gate.query('BACKUP STAGE START');
    await gate.query('BACKUP STAGE BLOCK_COMMIT');
    const asked = wish(1003)(visitor);
    await until('the page is at its COMMIT', async () => (await connectionIn(shop, 'COMMIT')) !== null);
    await next.stop('SIGKILL');
    const page = await asked;
    await gate.end();
    t.match(page, { status: 502, body: /not certain whether your request was carried out/ });
    const line = await logged(gateway, (one) => one['problem'] === 'COMMIT_UNCERTAIN');
    t.match(line, { side: 'none' });
    t.notOk('fallback' in line);
    await until('the turn is free', async () => (await turnsHeld(gateway)) === 0);
    const after = await wishesInTable(shop);
    t.ok(after === before || after === before + 1, 'it was done once or not at all');
  });
});

t.test('a host that is told to end finishes what it has', async (t) => {
  const { visitor, host, gateway } = await usePython(t, shop, '  wish.pl: port');
  await wish(1001)(visitor);
  const { asked, gate } = await askAndHold(shop, () => wish(1002)(visitor));
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
