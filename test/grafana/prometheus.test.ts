import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { oldAgainstNew } from '../../grafana/build/old-against-new.ts';
import { startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import { prometheusProgram, startPrometheus } from '../../scripts/shop/prometheus.ts';
import { repository, startShop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { Asker, chosen } from './ask.ts';
import { queriesOf } from './lint.ts';

t.setTimeout(100_000); // a shop, a gateway and a Prometheus have to start, on whatever machine

// One real shop, gateway and Prometheus for the whole file: what happens is in `round`, what is asked comes after.
const startedMs = Date.now();
const shop = await startShop('grafana');
t.teardown(() => shop.stop());

const throws = join(shop.scratch, 'throws.ts');
const crashes = join(shop.scratch, 'crashes.ts');
writeFileSync(throws, "export default { handler() { throw new Error('broken on purpose'); } };\n");
writeFileSync(crashes, 'export default { handler() { process.exit(7); } };\n');
const routes = `  view.pl: port
  cart.pl: port 50%
  search.pl: { to: port, port: ${throws} }
  account.pl: { to: port, port: ${crashes} }
  GET index.pl: legacy
  /**: legacy`;

const gateway = await startGateway(shop, writeRoutes(shop, routes));
t.teardown(() => gateway.stop());
const pageAtStart = await metricsPage();
const prometheus = await startPrometheus(shop.scratch, [new URL(gateway.adminUrl).host]);
t.teardown(() => prometheus.stop());
const asker = new Asker(prometheus.url);

async function metricsPage(): Promise<string> {
  return (await fetch(`${gateway.adminUrl}/metrics`)).text();
}

/** Everything the dashboard has a panel for, once. Returns the number of requests. */
async function round(): Promise<number> {
  const requests: Promise<unknown>[] = [];
  for (let count = 0; count < 6; count++) {
    const visitor = new Visitor(gateway.url);
    await visitor.get('index.pl'); // legacy makes the session
    await visitor.get('view.pl?sku=1001'); // port
    const adding = { action: 'add', sku: '1002', qty: '1' };
    for (let at = 0; at < 3; at++) requests.push(visitor.post('cart.pl', adding)); // split, and three at once
  }
  await Promise.all(requests);
  const visitor = new Visitor(gateway.url);
  await visitor.get('search.pl?q=blue'); // the port throws, legacy answers
  await visitor.get('account.pl'); // the port takes its host with it, legacy answers
  return 6 * 5 + 2;
}

t.before(async () => {
  await asker.until('count(banyan_route_stage)', (routes) => routes === 6); // the zeros are in
  const hosts = 'banyan_port_host_events_total{event="started"}';
  // The second round is for series that nobody declares at 0: only from their second scrape on do they increase.
  for (let sent = 0, rounds = 1; rounds <= 2; rounds++) {
    sent += await round();
    await asker.until('sum(banyan_requests_total)', (seen) => seen >= sent);
    await asker.until(hosts, (starts) => starts === 1 + rounds);
  }
  const good = readFileSync(gateway.routesFile, 'utf8');
  writeFileSync(gateway.routesFile, `${good}  no-such-thing.pl: nowhere\n`);
  await asker.until('banyan_config_last_reload_successful', (ok) => ok === 0);
  writeFileSync(gateway.routesFile, `${good}  POST index.pl: legacy\n`);
  await asker.until('banyan_config_last_reload_successful', (ok) => ok === 1);
});

t.test('the variable lists the routes of routes.yaml', async (t) => {
  const names = ['account', 'cart', 'index.get', 'index.post', 'rest', 'search', 'view'];
  await asker.until('count(banyan_route_stage)', (routes) => routes === names.length);
  t.same(await asker.listed(oldAgainstNew, 'route'), names);
});

t.test('every query of the dashboard finds something, whichever routes are chosen', async (t) => {
  const all = oldAgainstNew.templating.list.find(({ name }) => name === 'route')?.allValue ?? '';
  const each = chosen(await asker.listed(oldAgainstNew, 'route'));
  for (const { panel, target } of queriesOf(oldAgainstNew)) {
    for (const route of [all, each]) {
      const name = `${panel.title} ${target.refId}, route ${route}`;
      const expr = filled(target.expr, route);
      t.notMatch(expr, '$__', `${name}: every variable is filled`);
      const series = target.instant ? await asker.now(expr) : await asker.since(startedMs, expr);
      t.ok(
        series.some(({ values }) => values.some((value) => Number.isFinite(value))),
        `${name}: a number`,
      );
      const labels = [...target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
      for (const { metric } of series) t.hasProps(metric, labels, `${name}: the labels of its legend`);
    }
  }
});

t.test('a panel shows what happened', async (t) => {
  t.ok((await highest('Fallbacks', { route: 'search', reason: 'PORT_FAILED' })) > 0, 'a port that threw');
  t.ok((await highest('Races prevented', { route: 'cart' })) > 0, 'three requests of one session at once');
  t.ok((await highest('Port host', { event: 'ended' })) > 0, 'a port that took its host along');
  t.ok((await highest('Errors by side', { side: 'port' })) > 0, 'the port failed');
  t.equal(await highest('Errors by side', { side: 'legacy' }), 0, 'legacy did not');
  t.equal(await highest('Lock timeouts and lost locks', { route: 'cart' }), 0, 'a zero that is there');
  const share = await highest('Share on ports', {});
  t.ok(share > 0 && share < 1, `${share} of the requests were for ports`);
});

t.test('a choice of one route leaves the others out', async (t) => {
  const sides = await seriesOf('Requests by side', chosen(['view']));
  const ofLegacy = sides.filter(({ metric }) => metric['side'] === 'legacy').flatMap(({ values }) => values);
  t.ok(sides.some(({ metric, values }) => metric['side'] === 'port' && Math.max(...values) > 0));
  t.ok(ofLegacy.every((value) => value === 0));
});

t.test('the two heat maps have the same buckets', async (t) => {
  const buckets = async (title: string) =>
    (await seriesOf(title)).map(({ metric }) => metric['le'] ?? '').toSorted();
  const legacy = await buckets('Times of legacy');
  t.equal(legacy.length, 16, 'fifteen and +Inf');
  t.same(await buckets('Times of port'), legacy);
});

t.test('our metrics are named and explained as Prometheus asks', async (t) => {
  const page = await metricsPage();
  const ours = page.split('\n').filter((line) => /^(# (HELP|TYPE) )?banyan_/.test(line));
  const check = spawnSync(prometheusProgram('promtool'), ['check', 'metrics'], {
    input: `${ours.join('\n')}\n`,
  });
  t.same([check.status, check.stderr.toString()], [0, ''], 'promtool has nothing to say');
  const types = new Map(
    [...page.matchAll(/^# TYPE (banyan_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]),
  );
  t.ok(types.size > 15);
  for (const [name, type] of types) {
    t.match(page, new RegExp(`^# HELP ${name} [A-Z0-9].{8,}$`, 'm'), `${name}: help`);
    t.equal(name?.endsWith('_total'), type === 'counter', `${name}: counters, and only they, end in _total`);
    if (type === 'histogram') t.match(name, /_seconds$/);
  }
});

t.test('what counts per route is there at 0 before anything happens', async (t) => {
  for (const route of ['account', 'cart', 'index.get', 'rest', 'search', 'view']) {
    const sides = route === 'rest' || route === 'index.get' ? ['legacy'] : ['legacy', 'port'];
    const zeros = [
      `banyan_session_overlaps_total{route="${route}"}`,
      `banyan_session_lock_timeouts_total{route="${route}"}`,
      ...(sides.length === 1 ? [] : [`banyan_fallbacks_total{route="${route}",reason="PORT_FAILED"}`]),
      ...sides.flatMap((side) => [
        `banyan_requests_total{route="${route}",side="${side}",code="200"}`,
        `banyan_side_results_total{route="${route}",side="${side}",role="serve",result="ok"}`,
        `banyan_side_results_total{route="${route}",side="${side}",role="serve",result="exception"}`,
      ]),
    ];
    for (const zero of zeros) t.match(pageAtStart, `\n${zero} 0\n`, zero);
    for (const side of sides) {
      const count = new RegExp(
        `^banyan_side_duration_seconds_count\\{[^}]*route="${route}"[^}]*side="${side}"[^}]*\\} 0$`,
        'm',
      );
      t.match(pageAtStart, count, `times of ${side}, ${route}`);
    }
  }
  t.match(pageAtStart, '\nbanyan_session_locks_lost_total 0\n');
});

t.test('promtool takes the example of a scrape job', async (t) => {
  const example = join(repository, 'grafana/prometheus/scrape.example.yml');
  const check = spawnSync(prometheusProgram('promtool'), ['check', 'config', example], { encoding: 'utf8' });
  t.equal(check.status, 0, check.stderr);
});

function filled(expr: string, route: string): string {
  return expr.replaceAll('$__rate_interval', '4s').replaceAll('$route', () => route); // 4s: four scrapes, as Grafana does
}

async function seriesOf(title: string, route = '.+') {
  const target = oldAgainstNew.panels.find((panel) => panel.title === title)?.targets[0];
  if (target === undefined) throw new Error(`no panel is called ${title}`);
  return asker.since(startedMs, filled(target.expr, route));
}

async function highest(title: string, labels: Record<string, string>): Promise<number> {
  const series = (await seriesOf(title)).filter(({ metric }) =>
    Object.entries(labels).every(([label, value]) => metric[label] === value),
  );
  return Math.max(...series.flatMap(({ values }) => values.filter((value) => Number.isFinite(value))));
}
