import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import type { TimelineEntry } from '../../src/session/timeline-entry.ts';
import { banyan } from '../helpers/cli.ts';
import {
  logged,
  metricsOf,
  sessionBytes,
  until,
  useGateway,
  useGatewayOn,
  useShop,
} from '../helpers/shop.ts';

const run = promisify(execFile);

/** The nightly job of the shop, which knows nothing of turns. */
async function expire(shop: Shop, ...args: string[]): Promise<void> {
  await run('/usr/bin/perl', [join(shop.root, 'cron/expire.pl'), ...args], {
    env: { SHOP_CONF: join(shop.root, 'conf/shop.conf') },
  });
}

async function timelineOf(
  gateway: { adminUrl: string },
  id: string,
  length: number,
): Promise<TimelineEntry[]> {
  let entries: TimelineEntry[] = [];
  await until(`the timeline has ${length} entries`, async () => {
    const answer = await fetch(`${gateway.adminUrl}/sessions/${id}`);
    const all = answer.ok ? ((await answer.json()) as { entries: TimelineEntry[] }).entries : [];
    entries = all.filter((entry) => entry.kind !== 'turn' || entry.outcome !== 'followed'); // how the session began
    return entries.length >= length;
  });
  return entries;
}

const conflicts = (page: string): number =>
  [...page.matchAll(/^banyan_session_conflicts_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
const changesOf = (entry: TimelineEntry | undefined): string[] =>
  (entry?.changes ?? []).filter(({ isTouch }) => !isTouch).map(({ key, kind }) => `${kind} ${key}`);

t.test('the timeline of a session', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  /**: legacy');
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show'); // brings the session; from the next request on there is a turn
  const id = visitor.sessionId as string;
  const label = sessionLabel(id);

  await t.test('shows which request changed which key, on either side', async (t) => {
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' });
    await visitor.get('view.pl?sku=1001');
    const entries = await timelineOf(gateway, id, 2);
    t.match(entries, [
      { kind: 'turn', route: 'rest', method: 'POST', side: 'legacy' },
      { kind: 'turn', route: 'view', method: 'GET', side: 'port', status: 200 },
    ]);
    t.ok(
      changesOf(entries[0]).some((change) => change.endsWith(' cart')),
      'the POST changed the cart',
    );
    t.same(changesOf(entries[1]), ['added seen'], 'the page noted what was seen');
    t.notMatch(JSON.stringify(entries), '1001', 'no value is in it');
  });

  await t.test('shows what cron did behind everybody’s back', async (t) => {
    t.equal(conflicts(await metricsOf(gateway)), 0);
    await expire(shop, '--days', '0', '--key', 'seen');
    await visitor.get('cart.pl?action=show');
    const entries = await timelineOf(gateway, id, 4);
    t.match(entries[2], { kind: 'outside', finding: 'outside_writer', leftBy: { route: 'view' } });
    t.same(changesOf(entries[2]), ['removed seen']);
    const line = await logged(gateway, (line) => line['conflict'] === 'outside_writer');
    t.match(line, { level: 'warn', session: label, removed: ['seen'], foundBy: { route: 'rest' } });
    t.notMatch(JSON.stringify(line), id, 'the log never has the id');
    t.match(await metricsOf(gateway), 'conflicts_total{route="rest",kind="outside_writer"} 1');
  });

  await t.test('points at an update that is lost', async (t) => {
    const old = (await sessionBytes(shop, id)) as Buffer; // somebody loads the session …
    await visitor.post('cart.pl', { action: 'add', sku: '1002', qty: '1' });
    await timelineOf(gateway, id, 5);
    await shop.db.query('UPDATE sessions SET a_session = ? WHERE id = ?', [old, id]); // … and writes it back later
    await visitor.get('cart.pl?action=show');
    const entries = await timelineOf(gateway, id, 7);
    const [update, outside] = entries.slice(4, 6);
    t.match(outside, { kind: 'outside', finding: 'lost_update' });
    t.match(outside, {
      undone: [{ key: 'cart', exchange: update?.kind === 'turn' ? update.exchange : '?' }],
    });
    t.match(await metricsOf(gateway), 'conflicts_total{route="rest",kind="lost_update"} 1');
  });

  await t.test('is printed by banyan sessions', async (t) => {
    const list = await banyan('.', ['sessions', '--admin', gateway.adminUrl]);
    t.match(list, { code: 0, stderr: '' });
    t.match(list.stdout, /^✖ 2 changed outside the turn$/m);
    t.match(list.stdout, new RegExp(`^${label.slice(0, 6)}… +5 `, 'm'));
    for (const word of [id, label, label.slice(0, 6)]) {
      const { code, stdout } = await banyan('.', ['sessions', word, '--admin', gateway.adminUrl]);
      t.equal(code, 0);
      t.match(stdout, /outside +✗✗ +NO TURN +-seen, after /);
      t.match(stdout, /"cart" is again what it was before POST rest at [\d:.]+: that update is lost/);
      if (word === id) t.comment(stdout);
    }
    t.match(await banyan('.', ['sessions', 'nobody', '--admin', gateway.adminUrl]), { code: 1, stdout: '' });
    t.match(await banyan('.', ['sessions', '--admin', 'http://127.0.0.1:1']), {
      code: 3,
      stderr: /no gateway/,
    });
  });

  await t.test('says that the row was deleted', async (t) => {
    await shop.db.query('DELETE FROM sessions WHERE id = ?', [id]);
    await fetch(`${gateway.url}/cgi-bin/cart.pl?action=show`, { headers: { cookie: `CGISESSID=${id}` } });
    const entries = await timelineOf(gateway, id, 9);
    t.match(entries[7], { kind: 'outside', finding: 'deleted' });
    t.match(await metricsOf(gateway), 'conflicts_total{route="rest",kind="deleted"} 1');
  });
});

t.test('what another gateway does under its turn is no conflict', async (t) => {
  const shop = await useShop(t);
  const one = await useGateway(t, shop, '  /**: legacy');
  const other = await useGatewayOn(t, shop, one.routesFile);
  const visitor = new Visitor(one.url);
  await visitor.get('cart.pl?action=show');
  for (const gateway of [one, other, one]) {
    visitor.base = gateway.url;
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' });
  }
  const entries = await timelineOf(one, visitor.sessionId as string, 3);
  t.match(entries[1], { kind: 'outside', finding: 'other_gateway' });
  t.equal(conflicts(await metricsOf(one)), 0);
});
