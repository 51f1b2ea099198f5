import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { dashboardFiles, folder } from '../../grafana/build/files.ts';
import type { Dashboard, Panel } from '../../grafana/build/model.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { metricsOf, misplaced, namesIn, queriesOf } from './lint.ts';

// Everything below reads the committed JSON, which is what people install.
const files = readdirSync(folder).map((name) => join(folder, name));
const dashboards = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Dashboard);
const panels = dashboards.flatMap((dashboard) => dashboard.panels);
const grafana = join(folder, '..');

t.test('npm run grafana would write the files that are committed, byte for byte', async (t) => {
  const made = dashboardFiles();
  t.same(made.map(({ path }) => path).toSorted(), files.toSorted());
  for (const { path, text } of made) t.equal(text, readFileSync(path, 'utf8'), basename(path));
});

t.test('a dashboard is called like its file, and ids are given once', async (t) => {
  t.same(
    dashboards.map(({ uid }) => `${uid}.json`),
    files.map((file) => basename(file)),
  );
  for (const { uid, panels, schemaVersion } of dashboards) {
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, `${uid}: panel ids`);
    t.equal(new Set(panels.map(({ title }) => title)).size, panels.length, `${uid}: panel titles`);
    t.equal(schemaVersion, 39);
    t.ok(uid.length <= 40, 'Grafana allows 40 characters in a uid');
  }
});

t.test('panels cover the grid: none on another, none sticking out, no hole', async (t) => {
  for (const { uid, panels } of dashboards) t.same(misplaced(panels), [], uid);
});

t.test('the check of places sees an overlap, a hole and a panel that sticks out', async (t) => {
  const at = (title: string, x: number, y: number, w: number, h: number) =>
    ({ title, gridPos: { x, y, w, h } }) as Panel;
  t.match(misplaced([at('a', 0, 0, 13, 1), at('b', 12, 0, 12, 1)]), ['b lies on a at 12,0']);
  t.match(misplaced([at('a', 0, 0, 12, 2), at('b', 12, 0, 12, 1)])[0], 'nothing at 12,1');
  t.match(misplaced([at('a', 0, 0, 25, 1)]), [/a sticks out/]);
});

t.test('every panel says what it shows, in what unit, and asks something', async (t) => {
  for (const { title, description, fieldConfig, targets } of panels) {
    t.ok(title.length > 0 && title.length <= 40, `title "${title}"`);
    t.match(description, /^[A-Z"].{30,}[.]$/s, `${title}: a description in whole sentences`);
    t.ok(fieldConfig.defaults.unit, `${title}: a unit`);
    t.ok(targets.length > 0, `${title}: a query`);
    const refIds = targets.map(({ refId }) => refId);
    t.equal(new Set(refIds).size, refIds.length, `${title}: refIds`);
    for (const target of targets)
      t.ok(target.legendFormat, `${title} ${target.refId}: a name for its series`);
  }
});

t.test('a data source is named by the variable only', async (t) => {
  const named: unknown[] = [];
  for (const file of files) {
    JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) => {
      if (key === 'datasource') named.push(value);
      return value;
    });
  }
  t.ok(named.length > panels.length);
  for (const each of named) t.same(each, { type: 'prometheus', uid: '${datasource}' });
  for (const { templating } of dashboards) {
    t.equal(templating.list[0]?.type, 'datasource', 'the variable that others need comes first');
    t.equal(templating.list[0]?.name, 'datasource');
  }
});

t.test('queries use variables that exist, and ranges that follow the zoom', async (t) => {
  for (const dashboard of dashboards) {
    const known = ['__rate_interval', ...dashboard.templating.list.map(({ name }) => name)];
    for (const { panel, target } of queriesOf(dashboard)) {
      for (const [, name] of target.expr.matchAll(/\$\{?(\w+)/g)) {
        t.ok(known.includes(name as string), `${panel.title}: $${name} is a variable`);
      }
      for (const [, range] of target.expr.matchAll(/\[([^\]]*)\]/g)) {
        t.equal(range, '$__rate_interval', `${panel.title}: a range`);
      }
      t.equal(target.instant, panel.type === 'stat', `${panel.title}: instant`);
      t.equal(target.range, panel.type !== 'stat', `${panel.title}: range`);
    }
  }
});

t.test('every metric is one that the gateway exports', async (t) => {
  const nobody = { locksHeld: () => 0, lockWaiters: () => 0, socketsOpen: () => 0, upstreams: () => [] };
  const { text } = await makeMetrics(nobody, '0').page();
  const exported = namesIn(text);
  const used = dashboards.flatMap((dashboard) => [
    ...queriesOf(dashboard).map(({ target }) => target.expr),
    ...dashboard.templating.list.map(({ definition }) => /\((\w+),/.exec(definition ?? '')?.[1] ?? ''),
  ]);
  for (const expr of used) {
    for (const name of metricsOf(expr)) t.ok(exported.has(name), `${name}, in: ${expr}`);
  }
});

t.test('the metrics of an expression are found', async (t) => {
  const expr = 'histogram_quantile(0.95, sum by (side, le) (rate(a_bucket{x="y(z"}[5m]))) / sum(b) > 1e3';
  t.same(metricsOf(expr), ['a_bucket', 'b']);
});

t.test('legacy is orange and port is blue wherever sides are compared', async (t) => {
  const comparing = panels.filter(({ type, targets }) =>
    targets.some(({ legendFormat }) => type === 'timeseries' && legendFormat.includes('{{side}}')),
  );
  t.ok(comparing.length >= 3);
  for (const { title, fieldConfig } of comparing) {
    const colours = ['legacy p50', 'port p50'].map((series) => {
      const mine = fieldConfig.overrides.filter(({ matcher }) => new RegExp(matcher.options).test(series));
      return mine.flatMap(({ properties }) => properties).find(({ id }) => id === 'color')?.value;
    });
    t.match(colours, [{ fixedColor: 'orange' }, { fixedColor: 'blue' }], title);
  }
});

t.test('the files to install agree with each other and with the README', async (t) => {
  const read = (file: string) => parse(readFileSync(join(grafana, file), 'utf8'));
  const { datasources } = read('provisioning/datasources/banyan.yaml');
  const { providers } = read('provisioning/dashboards/banyan.yaml');
  const { scrape_configs: jobs } = read('prometheus/scrape.example.yml');
  const readme = readFileSync(join(grafana, 'README.md'), 'utf8');
  t.equal(datasources[0].jsonData.timeInterval, jobs[0].scrape_interval);
  t.match(readme, `-t ${providers[0].options.path} `);
  t.match(readme, 'not loaded the dashboard into a real\nGrafana');
});
