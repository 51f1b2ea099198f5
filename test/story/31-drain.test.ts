import t, { type Test } from 'tap';
import { startGateway, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { heldLegacy } from '../helpers/held-legacy.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { logged, metricsOf, turnsHeld, until, useShop } from '../helpers/shop.ts';

async function useGatewayTo(t: Test, shop: Shop, legacy: string, drain: string): Promise<GatewayProcess> {
  const file = writeRoutes(shop, '  /**: legacy', { top: [`drain: ${drain}`] });
  const gateway = await startGateway(shop, file, { env: { BANYAN_LEGACY: legacy } });
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}

function get(target: string, session?: string): string {
  const cookie = session === undefined ? '' : `Cookie: CGISESSID=${session}\r\n`;
  return `GET ${target} HTTP/1.1\r\nHost: x\r\n${cookie}\r\n`;
}

/** Waits until an orchestrator would be told to send nobody any more. */
async function untilDraining(gateway: GatewayProcess): Promise<void> {
  await until('/ready says draining', async () => {
    const answer = await fetch(`${gateway.adminUrl}/ready`);
    const { reason } = (await answer.json()) as { reason?: string };
    return answer.status === 503 && reason === 'draining';
  });
}

t.test('a gateway that is told to end', async (t) => {
  const shop = await useShop(t);
  const legacy = await heldLegacy(t);

  await t.test('finishes what is under way, keeps no connection, and exits with 0', async (t) => {
    const gateway = await useGatewayTo(t, shop, legacy.url, '1h');
    const other = await useGatewayTo(t, shop, legacy.url, '1h');
    const [idle, busy, silent] = await Promise.all([1, 2, 3].map(() => RawClient.to(gateway.url)));
    if (idle === undefined || busy === undefined || silent === undefined) throw new Error('three clients');
    await idle.write(get('/page'));
    await until('the idle one has its answer', () => idle.unread.endsWith('at once'));
    await busy.write(get('/hang-1', 'abc'));
    await until('legacy has the request', () => legacy.waiting.has('/hang-1'));
    t.equal(await turnsHeld(gateway), 1);

    gateway.child.kill('SIGTERM');
    await untilDraining(gateway);
    await until('the idle connection and the silent one are closed', () => idle.isOver && silent.isOver);
    t.equal(silent.unread, '');
    t.notOk(busy.isOver);
    await t.rejects(RawClient.to(gateway.url), 'nobody new is let in');
    t.equal(await turnsHeld(gateway), 1, 'the turn is held while the script works');
    const next = new Visitor(other.url);
    next.sessionId = 'abc';
    const order: string[] = [];
    const waits = next.get('page').then(() => order.push('next'));
    await until('the next request waits for the turn', async () =>
      /^banyan_session_lock_waiters 1$/m.test(await metricsOf(other)),
    );
    order.push('answer');
    legacy.waiting.get('/hang-1')?.end('at last');
    await waits;
    t.same(order, ['answer', 'next'], 'the turn was free only then');
    t.equal(await gateway.ended, 0);
    t.match(busy.unread, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*at last$/i);
  });

  await t.test('cuts off and names what takes longer than drain, and exits with 6', async (t) => {
    const gateway = await useGatewayTo(t, shop, legacy.url, '300ms');
    const [asked, begun] = await Promise.all([RawClient.to(gateway.url), RawClient.to(gateway.url)]);
    await asked.write(get('/hang-2?secret=1', 'abc'));
    await begun.write(get('/hang-3'));
    await until(
      'legacy has both',
      () => legacy.waiting.has('/hang-3') && legacy.waiting.has('/hang-2?secret=1'),
    );
    legacy.waiting.get('/hang-3')?.write('the beginning');
    await until('one answer has begun', () => begun.unread.includes('the beginning'));
    t.equal(await gateway.stop('SIGTERM'), 6);
    t.match(asked.unread, /^HTTP\/1\.1 504 [^]*\r\nConnection: close\r\n[^]*CUT_OFF/i, 'a clear answer');
    t.notMatch(begun.unread, /\r\n0\r\n\r\n$/, 'what has begun does not look whole');
    const line = await logged(gateway, (line) => line['cut'] !== undefined);
    t.match(line, {
      cut: 2,
      requests: [{ method: 'GET', path: '/hang-2', hadBegun: false }, { hadBegun: true }],
    });
    t.notMatch(JSON.stringify(line), /secret|abc/);
    const other = await useGatewayTo(t, shop, legacy.url, '1h');
    const next = new Visitor(other.url);
    next.sessionId = 'abc';
    t.equal((await next.get('page')).status, 200, 'and its turn is free');
  });

  await t.test('ends at once when it is told twice', async (t) => {
    const gateway = await useGatewayTo(t, shop, legacy.url, '1h');
    const client = await RawClient.to(gateway.url);
    await client.write(get('/hang-4'));
    await until('legacy has the request', () => legacy.waiting.has('/hang-4'));
    gateway.child.kill('SIGINT');
    await untilDraining(gateway);
    t.equal(await gateway.stop('SIGTERM'), 6);
    t.match(client.unread, /^HTTP\/1\.1 504 /);
  });
});
