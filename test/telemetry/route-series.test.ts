import t from 'tap';
import type { Route } from '../../src/routing/route.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { exchangeRecord } from '../helpers/records.ts';
import { routeOf } from '../helpers/routing.ts';

const make = () =>
  makeMetrics({ locksHeld: () => 0, lockWaiters: () => 0, socketsOpen: () => 0, upstreams: () => [] }, '1');
type Metrics = ReturnType<typeof make>;

/** Every step at once: nobody waits here. */
function run(steps: Iterator<void, void>): void {
  while (steps.next().done !== true);
}

/** As a reload does it. */
function use(metrics: Metrics, routes: readonly Route[]): void {
  run(metrics.routes.declare(routes));
  run(metrics.routes.show(routes));
}

const named = (name: string, target = 'legacy', more: Partial<Route> = {}): Route =>
  routeOf(`/${name}`, 1, target, { name, ...more });

/** A request that legacy answered. */
const served = (route: string) => exchangeRecord({ route, served: 'legacy' });

/** The lines of the page that are about a route. */
async function about(metrics: Metrics, route: string): Promise<string[]> {
  return (await metrics.page()).text.split('\n').filter((line) => line.includes(`route="${route}"`));
}

t.test('a route is declared before it serves, its port as well', async (t) => {
  const metrics = make();
  run(metrics.routes.declare([named('view', 'port', { port: '/ports/view.ts' })]));
  const lines = await about(metrics, 'view');
  t.ok(lines.includes('banyan_requests_total{route="view",side="port",code="200"} 0'));
  t.ok(lines.includes('banyan_request_duration_seconds_count{route="view",side="legacy"} 0'));
  t.ok(lines.some((line) => line.startsWith('banyan_fallbacks_total')));
  t.notOk(
    lines.some((line) => line.startsWith('banyan_route_stage')),
    'how it is set is told when it serves',
  );
});

t.test('what was counted is kept over a reload', async (t) => {
  const metrics = make();
  use(metrics, [named('view')]);
  metrics.record(served('view'));
  use(metrics, [named('view', 'port', { port: '/ports/view.ts' })]);
  const lines = await about(metrics, 'view');
  t.ok(lines.includes('banyan_request_duration_seconds_count{route="view",side="legacy"} 1'));
  t.ok(
    lines.includes('banyan_request_duration_seconds_count{route="view",side="port"} 0'),
    'the port is new',
  );
  t.ok(lines.includes('banyan_route_stage{route="view"} 3'));
});

t.test('how a route may use the session is told once', async (t) => {
  const metrics = make();
  use(metrics, [named('view', 'legacy', { session: 'write' })]);
  use(metrics, [named('view', 'legacy', { session: 'read' })]);
  t.same(
    (await about(metrics, 'view')).filter((line) => line.startsWith('banyan_route_info')),
    ['banyan_route_info{route="view",session="read"} 1'],
  );
});

t.test('of a route that is gone nothing is left, in no metric', async (t) => {
  const metrics = make();
  use(metrics, [named('view', 'port', { port: '/ports/view.ts' }), named('cart')]);
  for (const route of ['view', 'cart']) metrics.record(exchangeRecord({ route }));
  const before = await about(metrics, 'cart');
  use(metrics, [named('cart')]);
  t.same(await about(metrics, 'view'), []);
  t.same(await about(metrics, 'cart'), before, 'and of the others all is');
});

t.test(
  'a request that ends after its route is gone leaves a series until the next reload that removes one',
  async (t) => {
    const metrics = make();
    use(metrics, [named('view'), named('cart'), named('old')]);
    use(metrics, [named('cart'), named('old')]);
    metrics.record(served('view'));
    use(metrics, [named('cart')]);
    t.same(await about(metrics, 'view'), []);
  },
);

t.test('a route that comes back is counted again, although a request ended meanwhile', async (t) => {
  const metrics = make();
  use(metrics, [named('view')]);
  use(metrics, []);
  metrics.record(served('view'));
  use(metrics, [named('view')]);
  metrics.record(served('view'));
  const lines = await about(metrics, 'view');
  t.ok(lines.includes('banyan_request_duration_seconds_count{route="view",side="legacy"} 1'));
});

t.test('only a thousand routes are declared; the others begin with their first request', async (t) => {
  const metrics = make();
  const routes = Array.from({ length: 1_200 }, (_, n) => named(`r${n}`));
  use(metrics, routes);
  t.ok((await about(metrics, 'r999')).length > 20);
  const lines = await about(metrics, 'r1000');
  t.same(
    lines.map((line) => line.replace(/\{.*/, '')),
    ['banyan_route_stage', 'banyan_route_port_ratio', 'banyan_route_info'],
    'only how it is set',
  );
  metrics.record(served('r1000'));
  use(metrics, routes.slice(500));
  const counted = await about(metrics, 'r1000');
  t.ok(
    counted.includes('banyan_request_duration_seconds_count{route="r1000",side="legacy"} 1'),
    'it was not reset',
  );
});

t.test('the page says which routes.yaml runs, and why another one does not', async (t) => {
  const metrics = make();
  const stages = { legacy: 2, shadow: 0, split: 0, port: 1, retired: 0 };
  const lines = async (): Promise<string[]> =>
    (await metrics.page()).text.split('\n').filter((line) => line.startsWith('banyan_config'));
  metrics.configTaken({ hash: 'aaaaaaaaaaaa', stages, atSeconds: 5 });
  metrics.configTaken({ hash: 'bbbbbbbbbbbb', stages, atSeconds: 6 });
  metrics.configRefused(['bad-target', 'bad-target', 'yaml']);
  const refused = await lines();
  for (const line of [
    'banyan_config_info{hash="bbbbbbbbbbbb"} 1',
    'banyan_config_routes{stage="port"} 1',
    'banyan_config_refused{code="bad-target"} 2',
    'banyan_config_refused{code="yaml"} 1',
    'banyan_config_last_reload_successful 0',
    'banyan_config_last_reload_success_timestamp_seconds 6',
    'banyan_config_reloads_total{result="success"} 2',
    'banyan_config_reloads_total{result="refused"} 1',
  ])
    t.ok(refused.includes(line), line);
  t.notOk(refused.some((line) => line.includes('aaaaaaaaaaaa')));
  metrics.configRestored();
  const restored = await lines();
  t.ok(restored.includes('banyan_config_last_reload_successful 1'));
  t.notOk(restored.some((line) => line.startsWith('banyan_config_refused')));
});
