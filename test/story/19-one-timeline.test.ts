import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import type { TimelineEntry } from '../../src/session/timeline-entry.ts';
import { banyan } from '../helpers/cli.ts';
import { metricsOf, sessionBytes, turnsHeld, until, useGatewayOn, useShop } from '../helpers/shop.ts';

async function entriesOf(gateway: GatewayProcess, id: string): Promise<TimelineEntry[]> {
  const answer = await fetch(`${gateway.adminUrl}/sessions/${id}`);
  return answer.ok ? ((await answer.json()) as { entries: TimelineEntry[] }).entries : [];
}

const turnsIn = (entries: readonly TimelineEntry[]): number =>
  entries.filter((entry) => entry.kind === 'turn' && entry.outcome === 'turn').length;
const conflictsOf = async (gateway: GatewayProcess): Promise<string[]> =>
  ((await metricsOf(gateway)).match(/^banyan_session_conflicts_total\{.*$/gm) ?? []).filter(
    (line) => !line.endsWith(' 0'),
  );

t.test('two gateways with "keep" have one timeline, and tell each other from outsiders', async (t) => {
  const shop = await useShop(t);
  const file = writeRoutes(shop, '  view.pl: port\n  /**: legacy');
  writeFileSync(file, readFileSync(file, 'utf8').replace('  lock:', '  keep: 1h\n  lock:'));
  const one = await useGatewayOn(t, shop, file);
  const other = await useGatewayOn(t, shop, file);
  const visitor = new Visitor(one.url);
  await visitor.get('cart.pl?action=show');
  const id = visitor.sessionId as string;
  const buy = async (gateway: GatewayProcess): Promise<void> => {
    visitor.base = gateway.url;
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' });
  };

  await t.test('each shows the turns of both, with their names', async (t) => {
    for (const gateway of [one, other, one, other]) await buy(gateway);
    for (const gateway of [one, other]) {
      await until('all turns are there', async () => turnsIn(await entriesOf(gateway, id)) === 4);
      const { stdout } = await banyan('.', ['sessions', id, '--admin', gateway.adminUrl]);
      t.equal(new Set(stdout.match(/@ \S+:\d+/g)).size, 2, stdout);
      t.same(await conflictsOf(gateway), []);
    }
  });

  await t.test('what neither of them did is found, although each knows that it is not alone', async (t) => {
    await shop.db.query("UPDATE sessions SET a_session = REPLACE(a_session, 'cart', 'trac') WHERE id = ?", [
      id,
    ]);
    await buy(other);
    await until('it is found', async () =>
      (await entriesOf(one, id)).some(
        (entry) => entry.kind === 'outside' && entry.finding === 'outside_writer',
      ),
    );
    t.match(await conflictsOf(other), [/kind="outside_writer"\} 1$/]);
    t.same(await conflictsOf(one), []);
  });

  await t.test(
    'a stale copy that is written back is an update that is lost, although a turn had left it so',
    async () => {
      await buy(one);
      const old = (await sessionBytes(shop, id)) as Buffer; // somebody loads the session …
      await buy(other);
      await until('the turn is left', async () => (await turnsHeld(other)) === 0);
      await shop.db.query('UPDATE sessions SET a_session = ? WHERE id = ?', [old, id]); // … and writes it back
      await buy(other);
      await until('it is counted', async () =>
        (await conflictsOf(other)).some((line) => line.includes('lost_update')),
      );
      await until('the other shows it, too', async () =>
        (await entriesOf(one, id)).some(
          (entry) => entry.kind === 'outside' && entry.finding === 'lost_update',
        ),
      );
    },
  );

  await t.test('a gateway that begins later knows it all', async (t) => {
    const before = await entriesOf(one, id);
    await Promise.all([one.stop(), other.stop()]);
    const third = await useGatewayOn(t, shop, file);
    t.same(await entriesOf(third, id), before);
    const { stdout } = await banyan('.', ['sessions', '--admin', third.adminUrl]);
    t.match(stdout, /all gateways: 8 requests with a session,\n.*\n✖ 2 changed outside the turn\n/);
  });

  await t.test('and no id is in the table', async (t) => {
    const [rows] = await shop.db.query('SELECT * FROM banyan_timeline');
    t.notMatch(JSON.stringify(rows), id);
  });
});
