import { createHash } from 'node:crypto';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { GatewayProcess } from '../../scripts/shop/gateway.ts';
import { load } from '../../scripts/shop/load.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, metricsOf, until, useGateway, useShop } from '../helpers/shop.ts';

interface Config {
  readonly revision: number;
  readonly hash: string;
  readonly routes: number;
  readonly refused: { readonly hash: string | null; readonly findings: readonly { code: string }[] } | null;
}

const configOf = async (gateway: GatewayProcess): Promise<Config> =>
  (await (await fetch(`${gateway.adminUrl}/config`)).json()) as Config;
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
const becomes = (gateway: GatewayProcess, text: string): Promise<void> =>
  until(`${hashOf(text)} is in use`, async () => (await configOf(gateway)).hash === hashOf(text));
const refusedFor = async (gateway: GatewayProcess, code: string): Promise<void> =>
  until(`it is refused for ${code}`, async () =>
    ((await configOf(gateway)).refused?.findings ?? []).some((finding) => finding.code === code),
  );

const flips = 40;

t.test('routes.yaml is replaced again and again under load', async (t) => {
  const shop = await useShop(t);
  const all = (target: string): string =>
    ['view.pl', 'cart.pl'].map((script) => `  ${script}: ${target}\n`).join('');
  const gateway = await useGateway(t, shop, `${all('legacy')}  /**: legacy`);
  const file = gateway.routesFile;
  const first = readFileSync(file, 'utf8');
  const text = (n: number): string =>
    `# ${n}\n${first.replace(all('legacy'), all(n % 2 === 0 ? 'legacy' : 'port'))}`;
  const sideOfHash = new Map([[hashOf(first), 'legacy']]);
  const stop = new AbortController();
  const visitors = load([gateway.url], 3, stop.signal);
  for (let n = 1; n <= flips; n++) {
    sideOfHash.set(hashOf(text(n)), n % 2 === 0 ? 'legacy' : 'port');
    if (n % 3 === 0) writeFileSync(file, text(n));
    else {
      writeFileSync(`${file}.new`, text(n));
      renameSync(`${file}.new`, file);
    }
    await becomes(gateway, text(n));
  }
  stop.abort();
  const { requests, ...result } = await visitors;
  t.same(result, { failed: 0, firstFailures: [], sessions: 3, sessionsLost: 0 }, `${requests} requests`);

  const log = gateway.log();
  const taken = log.filter((line) => line['msg'] === 'routes.yaml taken over');
  t.same(
    taken.map((line) => line['revision']),
    Array.from({ length: flips + 1 }, (_, n) => n + 1),
    'every one was taken over, in their order',
  );
  const sideOf = new Map(taken.map((line) => [line['revision'], sideOfHash.get(String(line['hash']))]));
  let newest = 0;
  const seen = new Set<unknown>();
  const wrong: unknown[] = [];
  for (const line of log) {
    if (line['msg'] === 'routes.yaml taken over') newest = Number(line['revision']);
    if (line['msg'] !== 'exchange' || line['route'] === 'rest') continue;
    seen.add(line['revision']);
    // The line of a table is written a moment after the table serves.
    const isEarly = Number(line['revision']) > newest + 1;
    if (isEarly || line['side'] !== sideOf.get(line['revision'])) wrong.push(line);
  }
  t.same(wrong, [], 'each on the side that its revision names, and no revision before its time');
  t.ok(seen.size > flips / 4, `requests were served by ${seen.size} revisions`);
  t.match(taken[1], { changes: ['view: legacy -> port', 'cart: legacy -> port'] });
});

t.test('what happens to a routes.yaml while the gateway runs', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  view.pl: port\n  old.pl: legacy\n  /**: legacy');
  const file = gateway.routesFile;
  const whole = readFileSync(file, 'utf8');
  const visitor = new Visitor(gateway.url);

  await t.test('a half-written one is refused, and the page says so', async (t) => {
    const half = whole.slice(0, whole.indexOf('  old.pl'));
    writeFileSync(file, half);
    await refusedFor(gateway, 'cut-off');
    t.match(await configOf(gateway), { revision: 1, routes: 3, refused: { hash: hashOf(half) } });
    const metrics = await metricsOf(gateway);
    t.match(metrics, `banyan_config_info{hash="${hashOf(whole)}"} 1`);
    t.match(metrics, 'banyan_config_refused{code="cut-off"} 1');
    t.match(metrics, 'banyan_config_last_reload_successful 0');
    t.equal((await visitor.get('view.pl?sku=1001')).status, 200);
  });

  await t.test('the old one is back, and all is well', async (t) => {
    writeFileSync(file, whole);
    await until('nothing is refused', async () => (await configOf(gateway)).refused === null);
    const metrics = await metricsOf(gateway);
    t.notMatch(metrics, /^banyan_config_refused\{/m);
    t.match(metrics, 'banyan_config_last_reload_successful 1');
  });

  await t.test('a deleted one changes nothing, and is told', async (t) => {
    unlinkSync(file);
    await refusedFor(gateway, 'missing');
    t.equal((await visitor.get('view.pl?sku=1001')).status, 200);
    writeFileSync(file, whole);
    await until('nothing is refused', async () => (await configOf(gateway)).refused === null);
  });

  await t.test('so does an empty one', async () => {
    renameSync(file, `${file}.away`);
    writeFileSync(`${file}.new`, '');
    renameSync(`${file}.new`, file);
    await refusedFor(gateway, 'empty-file');
    renameSync(`${file}.away`, file);
    await until('nothing is refused', async () => (await configOf(gateway)).refused === null);
  });

  await t.test('SIGHUP vouches for a shorter one, and the series of routes that are gone go', async (t) => {
    const shorter = whole.slice(0, whole.indexOf('  old.pl'));
    t.match(await metricsOf(gateway), 'banyan_route_stage{route="old"}');
    writeFileSync(file, shorter);
    await refusedFor(gateway, 'cut-off');
    gateway.child.kill('SIGHUP');
    await becomes(gateway, shorter);
    const line = await logged(
      gateway,
      (each) => each['hash'] === hashOf(shorter) && each['level'] === 'info',
    );
    t.match(line, {
      msg: 'routes.yaml taken over',
      routes: { total: 1, port: 1 },
      changes: ['old: legacy -> gone', 'rest: legacy -> gone'],
    });
    t.notMatch(await metricsOf(gateway), 'route="old"');
  });
});
