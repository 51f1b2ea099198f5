import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { matched } from '../helpers/routing.ts';
import { codes, diskWith, read, settingsOf } from '../helpers/settings.ts';

// The whole grammar in one file: the example the design began with.
const text = await readFile(resolve(import.meta.dirname, 'examples/full.yaml'), 'utf8');
const ports = ['cart-add', 'help', 'index', 'product', 'search', 'view'].map((name) => `ports/${name}.ts`);
const help = { disk: diskWith(...ports) };

t.test('it has no error, and warns only of what this version does not do', async (t) => {
  const { settings, findings } = read(text, help);
  t.not(settings, null);
  const not = findings.filter(({ code }) => code !== 'not-yet' && code !== 'uncovered-get');
  t.same(codes(not), []);
  t.same(
    findings.filter(({ code }) => code === 'not-yet').map(({ source }) => source.trim().replace(/:.*/, '')),
    ['lock', 'guard', 'search.pl', 'to', 'guard'],
  );
});

t.test('what stands at the top arrives', async (t) => {
  const settings = settingsOf(text, help);
  t.match(settings, {
    legacy: { name: 'legacy', origin: 'http://127.0.0.1:8080' },
    ports: { directory: resolve('ports') },
    maxBodyBytes: 1024 * 1024,
    adminToken: null,
    session: { format: 'cgi-session', cookie: 'CGISESSID', waitMs: 10_000 },
  });
});

t.test('every route arrives with its target', async (t) => {
  const { table } = settingsOf(text, help);
  t.same(
    table.routes.map(({ name, target, session }) => [name, target.stage, target.portPercent, session]),
    [
      ['help', 'port', 100, 'write'],
      ['view', 'port', 100, 'write'],
      ['oldreport', 'retired', 0, 'write'],
      ['search', 'shadow', 0, 'write'],
      ['product.get', 'split', 25, 'write'],
      ['cart.add.post', 'split', 10, 'write'],
      ['index.AgentTicketZoom', 'split', 50, 'read'],
      ['index.AgentTicketClose', 'legacy', 0, 'write'],
      ['checkout', 'legacy', 0, 'write'],
      ['reports.rest', 'legacy', 0, 'none'],
      ['rest', 'legacy', 0, 'write'],
    ],
  );
  t.same(matched(table, 'GET', '/cgi-bin/search.pl').target.shadow, { side: 'port', samplePercent: 20 });
});

t.test('an upstream says the timeout of its routes, unless they do', async (t) => {
  const { table } = settingsOf(text, help);
  const reports = matched(table, 'GET', '/reports/x');
  t.match(reports, { timeoutMs: 300_000, upstream: { name: 'reports', origin: 'http://10.0.0.9:8080' } });
  t.equal(matched(table, 'GET', '/cgi-bin/checkout.pl').timeoutMs, 30_000);
});

t.test('the plan of a route is what it says, and the defaults where it is silent', async (t) => {
  const { plan, port } =
    settingsOf(text, help).table.routes.find(({ name }) => name === 'cart.add.post') ?? {};
  t.equal(port, resolve('ports/cart-add.ts'));
  t.match(plan, {
    owner: 'checkout-team',
    ramp: { stepPercents: [1, 5, 25, 50, 100], everyMs: 1_800_000, holdAtPercent: 50, start: 'manual' },
    guard: {
      windowMs: 300_000,
      minRequests: 100,
      errorsPercent: 0.5,
      p95: { ms: 300 },
      mismatchesPercent: 0.5,
      onBreach: 'rollback',
    },
    comparison: {
      samplePercent: 20,
      effects: 'rollback',
      headers: ['content-type', 'location', 'set-cookie'],
      body: 'html',
      ignore: ['css .generated-at', 'line /Served in \\d+ms/'],
      normalise: ['s/[0-9a-f]{32}/<sid>/g'],
      ignoreSessionKeys: ['_SESSION_ATIME'],
    },
  });
});
