import t from 'tap';
import { makeReloads, type Offered } from '../../src/config/reload.ts';
import { readAside } from '../../src/config/reload-read.ts';
import type { Reading } from '../../src/config/read.ts';
import type { NumberedReading } from '../../src/config/reload-wire.ts';
import { systemClock } from '../../src/exchange/clock.ts';
import { fakeClock, settle } from '../helpers/clock.ts';
import { watchRoutes } from '../helpers/reloads.ts';
import { codes, read, settingsOf } from '../helpers/settings.ts';

const file = (routes: string, more = ''): string =>
  `legacy: http://127.0.0.1:8080\n${more}base: /cgi-bin/\nroutes:\n${routes}  /**: legacy\n`;
const first = file('  view.pl: legacy\n  cart.pl: legacy\n  old.pl: legacy\n');

t.test('what changed is said, a line for each route', async (t) => {
  const routes = watchRoutes(t, first);
  const text = file('  view.pl: retired\n  new.pl: legacy\n  cart.pl: { to: legacy, timeout: 1m }\n');
  t.equal(await routes.write(text), 'taken');
  t.match(routes.taken, [
    {
      hash: /^[0-9a-f]{12}$/,
      changes: [
        'view: legacy -> retired',
        'new: new, legacy',
        'cart: still legacy, changed otherwise',
        'old: legacy -> gone',
      ],
    },
  ]);
  t.equal(routes.reloads.current().table.revision, 2);
});

t.test('routes that only move to other lines have not changed', async (t) => {
  const routes = watchRoutes(t, first);
  await routes.write(`# a comment\n${first}`);
  t.match(routes.taken, [{ changes: [] }]);
});

t.test('a file with errors changes nothing, and is told once', async (t) => {
  const routes = watchRoutes(t, first);
  const running = routes.reloads.current();
  const text = first.replace('view.pl: legacy', 'view.pl: prot');
  t.equal(await routes.write(text), 'refused');
  t.equal(await routes.write(text), 'nothing new', 'written once more as it was');
  t.equal(routes.refusals.length, 1);
  t.same(codes(routes.reloads.refused()?.findings ?? []), ['4:12 bad-target']);
  t.equal(routes.reloads.current(), running);
  t.equal(await routes.ask(), 'refused', 'and to whoever asks');
});

t.test('the running file comes back, and nothing is refused any more', async (t) => {
  const routes = watchRoutes(t, first);
  await routes.write(first.replace('view.pl: legacy', 'view.pl: prot'));
  t.equal(await routes.write(first), 'same');
  t.equal(routes.reloads.refused(), null);
  t.equal(routes.restored, 1);
  t.equal(routes.reloads.current().table.revision, 1, 'no new table was made for it');
});

t.test('who asks gets the running file read again: a port may have been written meanwhile', async (t) => {
  const routes = watchRoutes(t, first);
  t.equal(await routes.ask(), 'taken');
  t.equal(routes.reloads.current().table.revision, 2);
});

t.test('what a running gateway cannot change is refused, at its line', async (t) => {
  const withAddress = file('', 'session:\n  store: mysql://u@127.0.0.1/d\nlisten: 127.0.0.1:8000\n');
  const changes: [string, string, string][] = [
    ['127.0.0.1:8000', '127.0.0.1:8001', '4:1 needs-restart'],
    [':8080', ':8081', '1:1 needs-restart'],
    ['/d\n', '/e\n', '2:1 needs-restart'],
    ['/d\n', '/d\n  nested-from: 10.0.0.9\n', '4:3 needs-restart'],
    ['listen', 'ports: ./elsewhere\nlisten', '4:1 needs-restart'],
    ['listen', 'upstreams: { reports: http://10.0.0.9:8080 }\nlisten', '4:1 needs-restart'],
  ];
  for (const [before, after, code] of changes) {
    const routes = watchRoutes(t, withAddress);
    await routes.write(withAddress.replace(before, after));
    t.same(codes(routes.reloads.refused()?.findings ?? []), [code], after.trim());
  }
});

t.test('what it can change is taken over with the routes', async (t) => {
  const routes = watchRoutes(t, first);
  t.equal(await routes.write(`max-body: 2mb\n${first}`), 'taken');
  t.equal(routes.reloads.current().maxBodyBytes, 2 * 1024 * 1024);
});

/** Reloads whose reading is held up until it is let go, one by one. */
function heldReloads() {
  const held: (() => void)[] = [];
  const read2 = (text: string, revision: number): Promise<NumberedReading> =>
    new Promise((resolve) => {
      const settings = settingsOf(text);
      const table = { ...settings.table, revision };
      held.push(() => resolve({ settings: { ...settings, table }, findings: [], rev: null }));
    });
  const reloads = makeReloads(settingsOf(first), null, {
    clock: fakeClock(),
    read: read2,
    isKnown: async () => false,
    prepare: settle,
    onTaken: settle,
    onRefused: () => undefined,
    onRestored: () => undefined,
  });
  return { reloads, held };
}

t.test('overlapping reloads run one after the other, and the newest text wins', async (t) => {
  const { reloads, held } = heldReloads();
  const texts = ['1m', '2m', '3m', '4m'].map((time) =>
    first.replace('cart.pl: legacy', `cart.pl: { to: legacy, timeout: ${time} }`),
  );
  const all = Promise.all(texts.map((text) => reloads.offer(text, 'changed')));
  const seen = new Set<number>();
  for (let turn = 0; turn < 20; turn++) {
    await settle();
    t.ok(held.length <= 1, 'one at a time');
    held.shift()?.();
    seen.add(reloads.current().table.revision);
  }
  t.same(await all, ['superseded', 'superseded', 'superseded', 'taken'] satisfies Offered[]);
  t.equal(reloads.current().text, texts.at(-1));
  t.same([...seen], [1, 2]);
});

t.test('a request sees one table from start to end, however often it is swapped', async (t) => {
  const sides = ['legacy', 'retired'] as const;
  const text = (n: number): string =>
    file(['view', 'cart', 'search'].map((name) => `  ${name}.pl: ${sides[n % 2]}\n`).join('')) + `# ${n}\n`;
  const routes = watchRoutes(t, text(0));
  let [isOver, requests] = [false, 0];
  const client = async (): Promise<void> => {
    let last = 0;
    while (!isOver) {
      const { table } = routes.reloads.current(); // as gateway/lanes does: once
      const found: string[] = [];
      for (const name of ['view', 'cart', 'search']) {
        found.push(table.match('GET', `/cgi-bin/${name}.pl`, () => null).route.target.stage);
        await settle();
      }
      requests++;
      t.equal(new Set(found).size, 1, 'one side as a whole');
      t.ok(table.revision >= last, 'and never an older one than before');
      last = table.revision;
    }
  };
  const clients = [client(), client(), client()];
  for (let n = 1; n <= 100; n++) t.equal(await routes.write(text(n)), 'taken');
  isOver = true;
  await Promise.all(clients);
  t.ok(requests > 100, `${requests} requests`);
  t.equal(routes.reloads.current().table.revision, 101);
});

t.test('a thread of its own reads what the main one would read', async (t) => {
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const text = file(
    Array.from(
      { length: 450 },
      (_, n) => `  GET script-${n}.pl?a=${n}: { to: legacy, only: { ip: 10.0.0.0/8 } }\n`,
    ).join(''),
    'upstreams: { reports: http://127.0.0.1:81 }\ndefaults: { upstream: reports }\n',
  );
  const here = read(text, { mustBeComplete: true });
  const { settings, findings } = await readAside('routes.yaml', text, 7, systemClock);
  t.same(findings, here.findings);
  t.equal(settings?.table.revision, 7);
  const plain = ({ table, ...others }: NonNullable<Reading['settings']>) => ({
    ...others,
    ...table,
    match: 0,
    revision: 0,
  });
  t.strictSame(plain(settings as never), plain(here.settings as never), 'every route and every setting');
  t.equal(settings?.table.match('GET', '/cgi-bin/script-400.pl', () => null).wasUnread, true, 'it matches');
  const refused = await readAside('routes.yaml', text.replace('script-7.pl', 'script 7.pl'), 8, systemClock);
  t.equal(refused.settings, null);
  t.same(refused.findings, read(text.replace('script-7.pl', 'script 7.pl')).findings);
});
