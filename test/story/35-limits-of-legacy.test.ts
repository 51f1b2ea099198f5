// Legacy is given no more at once than it can work on; the others wait, and beyond that are told to come back.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask } from '../helpers/ask.ts';
import { type GatewayHere, useGatewayHere } from '../helpers/gateway-here.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { valuesOf } from '../helpers/strict-http.ts';
import { allTurnsOver, metricsOf, until } from '../helpers/shop.ts';

const lanes = ['pass', 'story'] as const;
const routes = '  /pass/**: { to: legacy, session: none }\n  /**: legacy';
const page = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

t.setTimeout(120_000);

/** An old application that answers when it is released, and knows how much it had to do at once. */
class Busy {
  readonly upstream: ScriptedUpstream;
  running = 0;
  most = 0;
  #released = Promise.withResolvers<void>();

  constructor() {
    this.upstream = new ScriptedUpstream(() => {
      this.most = Math.max(this.most, ++this.running);
      return [
        { until: () => this.#released.promise },
        { until: () => Promise.resolve(this.running--) },
        { send: page },
      ];
    });
  }

  /** Lets everybody go who is there, and who comes. */
  release(): void {
    this.#released.resolve();
  }

  /** Holds who comes from now on. */
  hold(): void {
    this.#released = Promise.withResolvers();
  }
}

async function use(t: Test, limits: string): Promise<{ busy: Busy; gateway: GatewayHere }> {
  const busy = new Busy();
  const url = await busy.upstream.listen(t);
  return { busy, gateway: await useGatewayHere(t, `{ url: '${url}', ${limits} }`, routes) };
}

/** A number of the page /metrics, by its name and labels. */
async function metric(gateway: GatewayHere, series: string): Promise<number> {
  const lines = (await metricsOf(gateway)).split('\n');
  return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1) ?? NaN);
}

const load = async (gateway: GatewayHere, running: number, waiting: number): Promise<void> =>
  until(`${running} run and ${waiting} wait`, async () => {
    const now = ['requests', 'waiting'].map((what) =>
      metric(gateway, `banyan_upstream_${what}{upstream="legacy"}`),
    );
    return (await Promise.all(now)).join() === `${running},${waiting}`;
  });

for (const lane of lanes) {
  t.test(`${lane} lane: of a herd of 100, eight at once reach a legacy that can do eight`, async (t) => {
    const { busy, gateway } = await use(t, 'at-once: 8');
    const herd = Array.from({ length: 100 }, (_, n) => ask(gateway.url, `/${lane}/${n}`));
    await load(gateway, 8, 92);
    t.equal(busy.running, 8);
    busy.release();
    const replies = await Promise.all(herd);
    t.ok(
      replies.every(({ status, body }) => status === 200 && body === 'ok'),
      'everybody is answered',
    );
    t.equal(busy.most, 8);
    t.same(busy.upstream.violations, []);
    await load(gateway, 0, 0);
    t.equal(await metric(gateway, 'banyan_upstream_places{upstream="legacy"}'), 8);
    t.equal(await metric(gateway, 'banyan_upstream_wait_seconds_count{upstream="legacy"}'), 92);
  });

  t.test(`${lane} lane: whom the queue has no place for is told to come back`, async (t) => {
    const { busy, gateway } = await use(t, 'at-once: 1, queue: 2');
    const served = [ask(gateway.url, `/${lane}/1`)];
    await load(gateway, 1, 0);
    served.push(ask(gateway.url, `/${lane}/2`), ask(gateway.url, `/${lane}/3`));
    await load(gateway, 1, 2);
    const plain = await ask(gateway.url, `/${lane}/4`);
    t.match(plain, { status: 503, body: /Please try again/ });
    t.ok(plain.headers.includes('retry-after: 5'));
    const json = await ask(gateway.url, `/${lane}/5`, { headers: { Accept: 'application/json' } });
    t.match(JSON.parse(json.body), { error: 'LEGACY_BUSY', message: /Please try again/, request: /./ });
    busy.release();
    t.same(
      (await Promise.all(served)).map(({ status }) => status),
      [200, 200, 200],
    );
    t.equal(busy.upstream.requests.length, 3, 'legacy hears of the others only');
    t.equal(await metric(gateway, 'banyan_problems_total{code="LEGACY_BUSY"}'), 2);
    const refused = gateway.records.filter(({ problem }) => problem?.code === 'LEGACY_BUSY');
    t.match(refused, [
      { served: 'none', status: 503, sides: [] },
      { served: 'none', status: 503, sides: [] },
    ]);
  });

  t.test(`${lane} lane: who has waited long enough is told so, and not served any more`, async (t) => {
    const { busy, gateway } = await use(t, 'at-once: 1, wait: 50ms');
    const first = ask(gateway.url, `/${lane}/1`);
    await load(gateway, 1, 0);
    const late = await ask(gateway.url, `/${lane}/2`);
    t.match(late, { status: 503, body: /LEGACY_QUEUE_TIMEOUT/ });
    t.ok(late.headers.includes('retry-after: 5'));
    busy.release();
    t.equal((await first).status, 200);
    t.same(busy.upstream.of(`/${lane}/2`), []);
    t.equal(await metric(gateway, 'banyan_problems_total{code="LEGACY_QUEUE_TIMEOUT"}'), 1);
  });

  t.test(`${lane} lane: a place is taken until legacy is done, though the client has left`, async (t) => {
    const { busy, gateway } = await use(t, 'at-once: 1');
    const client = await RawClient.to(gateway.url);
    await client.write(`GET /${lane}/left HTTP/1.1\r\nHost: x\r\n\r\n`);
    await busy.upstream.arrival(({ target }) => target === `/${lane}/left`);
    client.reset();
    const next = ask(gateway.url, `/${lane}/next`);
    await load(gateway, 1, 1);
    t.equal(busy.running, 1, 'the script runs on');
    busy.release();
    t.equal((await next).status, 200);
    t.equal(busy.most, 1);
    await allTurnsOver(gateway);
  });

  t.test(`${lane} lane: who leaves while it waits is not begun`, async (t) => {
    const { busy, gateway } = await use(t, 'at-once: 1');
    const first = ask(gateway.url, `/${lane}/1`);
    await load(gateway, 1, 0);
    const client = await RawClient.to(gateway.url);
    await client.write(`GET /${lane}/left HTTP/1.1\r\nHost: x\r\n\r\n`);
    await load(gateway, 1, 1);
    const last = ask(gateway.url, `/${lane}/last`);
    await load(gateway, 1, 2);
    client.reset();
    if (lane === 'pass')
      await until('it is recorded', () => gateway.records.some(({ clientLeft }) => clientLeft));
    else await ask(gateway.url, '/%2F'); // once this is answered, the reset that came before it has been noticed
    busy.release();
    t.same([(await first).status, (await last).status], [200, 200]);
    t.same(busy.upstream.of(`/${lane}/left`), []);
    const record = () => gateway.records.find(({ path }) => path === `/${lane}/left`);
    await until('it is recorded', () => record() !== undefined);
    t.match(record(), { clientLeft: true, served: 'none', sides: [] });
  });
}

t.test('other limits count from the moment the file is saved, and no connection is dropped', async (t) => {
  const { busy, gateway } = await use(t, 'at-once: 1');
  const asked = [1, 2, 3].map((n) => ask(gateway.url, `/pass/${n}`));
  await load(gateway, 1, 2);
  const raised = gateway.text.replace('at-once: 1', 'at-once: 2');
  t.equal(await gateway.routes.offer(raised, 'asked'), 'taken');
  await load(gateway, 2, 1);
  await until('legacy has it', () => busy.running === 2);
  t.equal(busy.upstream.connections.size, 2, 'not a second pool beside the first');
  busy.release();
  t.same(
    (await Promise.all(asked)).map(({ status }) => status),
    [200, 200, 200],
  );
  t.equal(busy.most, 2);
});

t.test('a script that asks for another page does not wait for the place that it has itself', async (t) => {
  let inner = 0;
  const legacy = new ScriptedUpstream((request) => {
    if (request.target !== '/outer') return [{ send: page }];
    const headers = {
      Cookie: 'CGISESSID=a',
      'Banyan-Lease': valuesOf(request, 'banyan-lease')[0] ?? '',
    };
    const askMore = async (): Promise<void> => {
      inner = (await ask(gateway.url, '/inner', { headers })).status;
    };
    return [{ until: askMore }, { send: page }];
  });
  const gateway = await useGatewayHere(t, `{ url: '${await legacy.listen(t)}', at-once: 1 }`, routes);
  const outer = await ask(gateway.url, '/outer', { headers: { Cookie: 'CGISESSID=a' } });
  t.same([outer.status, inner], [200, 200]);
});

t.test('two names for one server have places of their own', async (t) => {
  const busy = new Busy();
  const url = await busy.upstream.listen(t);
  const gateway = await useGatewayHere(
    t,
    `{ url: '${url}', at-once: 3 }`,
    '  /reports/**: { to: legacy, upstream: reports, session: none }\n  /**: { to: legacy, session: none }',
    `upstreams: { reports: { url: '${url}', at-once: 1 } }\n`,
  );
  const asked = ['/reports/1', '/reports/2', '/reports/3'].map((path) => ask(gateway.url, path));
  const waiting = 'banyan_upstream_waiting{upstream="reports"}';
  await until('two wait', async () => (await metric(gateway, waiting)) === 2);
  asked.push(ask(gateway.url, '/page'));
  await busy.upstream.arrival(({ target }) => target === '/page');
  busy.release();
  t.same(
    (await Promise.all(asked)).map(({ status }) => status),
    [200, 200, 200, 200],
  );
  t.equal(busy.most, 2, 'slow reports leave room for pages');
});

t.test('scripts that the gateway runs have places, too, until their processes are over', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-scripts-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  const script = (name: string, text: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const say = 'printf "Content-Type: text/plain\\n\\nok"';
  const note = (what: string): string => `echo ${what} >> ${folder}/notes`;
  const gate = (name: string): string => `while [ ! -e ${folder}/${name} ]; do sleep 0.01; done`;
  script('herd.cgi', `${note('+')}\n${gate('herd')}\n${note('-')}\n${say}`);
  script('on.cgi', `${say}\nexec >&-\n${note('on')}\n${gate('on')}`);
  const notes = (): string[] =>
    existsSync(join(folder, 'notes')) ? readFileSync(join(folder, 'notes'), 'latin1').trim().split('\n') : [];
  script('slow.cgi', `${gate('slow')}\n${say}`);
  const open = (name: string): void => writeFileSync(join(folder, name), '');
  const gateway = await useGatewayHere(
    t,
    `{ cgi: '${folder}/bin', at-once: 2 }`,
    `  /cgi-bin/slow.cgi?pass: { to: legacy, session: none, timeout: 50ms }
  /cgi-bin/slow.cgi: { to: legacy, timeout: 50ms }
  /**: { to: legacy, session: none }`,
  );

  await t.test('of a herd of six, two at once', async (t) => {
    const herd = Array.from({ length: 6 }, () => ask(gateway.url, '/cgi-bin/herd.cgi'));
    await load(gateway, 2, 4);
    await until('both have begun', () => notes().length === 2);
    open('herd');
    t.ok((await Promise.all(herd)).every(({ status, body }) => status === 200 && body === 'ok'));
    let [running, most] = [0, 0];
    for (const mark of notes()) most = Math.max(most, (running += mark === '+' ? 1 : -1));
    t.equal(most, 2);
  });

  await t.test('one that has printed all and works on keeps its place', async (t) => {
    const replies = await Promise.all([1, 2].map(() => ask(gateway.url, '/cgi-bin/on.cgi')));
    t.same(
      replies.map(({ status }) => status),
      [200, 200],
    );
    const next = ask(gateway.url, '/cgi-bin/herd.cgi');
    await load(gateway, 2, 1);
    open('on');
    t.equal((await next).status, 200);
    await load(gateway, 0, 0);
  });

  await t.test('one that is too slow keeps its place when its visitor has been told so', async (t) => {
    const slow = ['/cgi-bin/slow.cgi?pass', '/cgi-bin/slow.cgi'].map((path) => ask(gateway.url, path));
    for (const { status, body } of await Promise.all(slow)) {
      t.equal(status, 504);
      t.match(body, /LEGACY_TIMEOUT/);
    }
    const next = ask(gateway.url, '/cgi-bin/herd.cgi');
    await load(gateway, 2, 1);
    open('slow');
    t.equal((await next).status, 200);
    await load(gateway, 0, 0);
  });
});
