import { readdirSync } from 'node:fs';
import t from 'tap';
import { type GatewayHere, useGatewayHere } from '../helpers/gateway-here.ts';
import { ask, RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream, type Step } from '../helpers/scripted-upstream.ts';
import { allTurnsOver, metricsOf, until } from '../helpers/shop.ts';

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
const headBytes = chunked.indexOf('\r\n\r\n') + 4;
const begun = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthe';

/** What legacy does for a target; everything else it answers at once. */
const scripts = new Map<string, readonly Step[]>();
const legacy = new ScriptedUpstream(({ target }) => scripts.get(target) ?? [{ send: chunked }]);
const routes =
  '  /pass/brief/**: { to: legacy, session: none, timeout: 100ms }\n  /pass/**: { to: legacy, session: none }\n' +
  '  /story/brief/**: { to: legacy, timeout: 100ms }\n  /**: legacy';
const lanes = ['pass', 'story'] as const;
const ways = ['close', 'reset'] as const;

const get = (target: string, session: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\nCookie: CGISESSID=${session}\r\n\r\n`;
const post = (target: string, session: string, framing: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nCookie: CGISESSID=${session}\r\n${framing}\r\n\r\n${body}`;

async function gauge(gateway: GatewayHere, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await metricsOf(gateway))?.[1] ?? NaN);
}

/** How many requests of a path were recorded. */
function recorded(gateway: GatewayHere, path: string): number {
  return gateway.records.filter((record) => record.path === path).length;
}

/** What is open in this process: files and sockets, and what keeps it alive. */
function openThings(): { files: number; handles: number } {
  return { files: readdirSync('/proc/self/fd').length, handles: process.getActiveResourcesInfo().length };
}

t.test('whoever breaks off, and wherever', async (t) => {
  t.setTimeout(120_000);
  const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
  const thrown: string[] = [];
  const note = (error: unknown): void => void thrown.push(String(error));
  process.on('uncaughtException', note).on('unhandledRejection', note);
  t.teardown(() => process.off('uncaughtException', note).off('unhandledRejection', note));
  await ask(gateway.url, get('/story/warm', 'a'));
  await gauge(gateway, 'banyan_session_locks_held');
  const before = openThings();

  await t.test('clients, at every byte of their requests', async (t) => {
    const faults: string[] = [];
    const whole = new Map([
      ['/pass/get', get('/pass/get', 'b')],
      ['/story/get', get('/story/get', 'b')],
      ['/story/length', post('/story/length', 'b', 'Content-Length: 9', 'some=form')],
      [
        '/story/chunked',
        post('/story/chunked', 'b', 'Transfer-Encoding: chunked', '4\r\nsome\r\n5\r\n=form\r\n0\r\n\r\n'),
      ],
    ]);
    for (const [target, bytes] of whole) {
      for (const way of ways) {
        for (let sent = 1; sent < bytes.length; sent++) {
          const records = gateway.records.length;
          const client = await RawClient.to(gateway.url);
          await client.write(bytes.slice(0, sent));
          client[way]();
          const hasHead = bytes.slice(0, sent).includes('\r\n\r\n');
          if (hasHead) await until('it is recorded', () => gateway.records.length > records);
          if (gateway.records.length > records + 1)
            faults.push(`${target}, ${sent} bytes, ${way}: recorded twice`);
        }
      }
      if (legacy.of(target).length > 0) faults.push(`legacy was asked for ${target}`);
      if (legacy.torn.length > 0) faults.push(`legacy was given a part of ${target}`);
    }
    t.same(faults, [], 'legacy never hears of them, and each that had a head is recorded once');
  });

  await t.test('clients that wait for their turn', async (t) => {
    for (const way of ways) {
      const [held, left] = [`/story/held-${way}`, `/story/queued-${way}`];
      const { promise, resolve } = Promise.withResolvers<void>();
      scripts.set(held, [{ until: () => promise }, { send: chunked }]);
      const holder = ask(gateway.url, get(held, way));
      await legacy.arrival(({ target }) => target === held);
      const client = await RawClient.to(gateway.url);
      await client.write(get(left, way));
      await until('it waits', async () => (await gauge(gateway, 'banyan_session_lock_waiters')) === 1);
      client[way]();
      await until('it is recorded', () => recorded(gateway, left) === 1);
      resolve();
      t.match(await holder, { kind: 'whole', status: 200 }, 'who has the turn is not disturbed');
      t.equal(legacy.of(left).length, 0, `legacy never hears of who left by a ${way}`);
    }
  });

  await t.test('clients that have sent several requests in one go', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scripts.set('/story/first', [{ until: () => promise }, { send: chunked }]);
    const behind = ['/pass/second', '/story/third', '/pass/fourth'];
    const client = await RawClient.to(gateway.url);
    await client.write(['/story/first', ...behind].map((target) => get(target, 'several')).join(''));
    await legacy.arrival(({ target }) => target === '/story/first');
    client.reset();
    resolve();
    await until('it is recorded', () => recorded(gateway, '/story/first') === 1);
    t.match(await ask(gateway.url, get('/story/then', 'several')), { status: 200 });
    t.same(
      behind.flatMap((target) => legacy.of(target)),
      [],
      'legacy hears of the first one only',
    );

    const flood = await RawClient.to(gateway.url);
    scripts.set('/pass/flood', [{ until: () => new Promise(() => undefined) }]);
    await flood.write(get('/pass/flood', 'flood'), get('/pass/behind-flood', 'flood').repeat(2_000));
    await flood.over();
    t.equal(flood.unread, '', 'who sends without end is cut off');
    await until('it is recorded', () => recorded(gateway, '/pass/flood') === 1);
    t.same(legacy.of('/pass/behind-flood'), [], 'and legacy is spared');
  });

  await t.test('clients, while legacy works or prints, and then legacy, too', async (t) => {
    const ends: Record<string, readonly Step[]> = {
      'goes on': [{ send: 're.' }],
      closes: ['close'],
      resets: ['reset'],
      'prints garbage': [{ send: '\0garbage'.repeat(9000) }, 'close'],
    };
    let number = 0;
    for (const lane of lanes) {
      for (const way of ways) {
        for (const when of ['works', 'prints']) {
          for (const [end, steps] of Object.entries(ends)) {
            const what = `${lane} lane, left by a ${way} while legacy ${when}, which then ${end}`;
            const [target, next, session] = [
              `/${lane}/left-${++number}`,
              `/${lane}/next-${number}`,
              `left${number}`,
            ];
            const { promise, resolve } = Promise.withResolvers<void>();
            const gate = { until: () => promise };
            const head = { send: begun };
            scripts.set(target, when === 'works' ? [gate, head, ...steps] : [head, gate, ...steps]);
            const client = await RawClient.to(gateway.url);
            await client.write(
              lane === 'pass' ? get(target, session) : post(target, session, 'Content-Length: 2', 'ok'),
            );
            await legacy.arrival((request) => request.target === target);
            if (when === 'prints') await client.begun();
            client[way]();
            // A FIN alone says little, and once an answer has begun there is nothing to ask with: see presence.ts
            const isKnown = way === 'reset' || when === 'works';
            if (lane === 'pass' && isKnown)
              await until('the script is broken off', () => recorded(gateway, target) === 1);
            const follower = ask(gateway.url, get(next, session));
            if (lane === 'story') {
              await until(
                'the next one waits',
                async () => (await gauge(gateway, 'banyan_session_lock_waiters')) === 1,
              );
              t.equal(legacy.of(next).length, 0, `${what}: the turn is kept`);
            }
            resolve();
            t.match(await follower, { kind: 'whole', status: 200 }, `${what}: the next one is served`);
            await until('both are recorded', () => recorded(gateway, target) + recorded(gateway, next) === 2);
            t.equal(legacy.of(target).length, 1, `${what}: legacy was asked once`);
            // In the story lane nothing waits for the question whether the client is there: see presence.ts
            if (lane === 'pass' ? isKnown : way === 'reset')
              t.match(
                gateway.records.find(({ path }) => path === target),
                { clientLeft: true },
              );
          }
        }
      }
    }
  });

  await t.test('legacy that hangs at every byte of its answer, until its client has left', async (t) => {
    const faults: string[] = [];
    for (const lane of lanes) {
      for (let at = 0; at < chunked.length; at++) {
        const target = `/${lane}/hang-${at}`;
        const { promise, resolve } = Promise.withResolvers<void>();
        scripts.set(target, [
          { send: chunked.slice(0, at) },
          { until: () => promise },
          { send: chunked.slice(at) },
        ]);
        const client = await RawClient.to(gateway.url);
        await client.write(get(target, `hang${at}`));
        await legacy.arrival((request) => request.target === target);
        const way = at % 4 === 0 ? 'close' : 'reset';
        client[way]();
        if (lane === 'pass' && (way === 'reset' || at < headBytes))
          await until('it is broken off', () => recorded(gateway, target) === 1);
        resolve();
        await until('it is recorded', () => recorded(gateway, target) > 0);
        if (legacy.of(target).length !== 1) faults.push(`${target}: asked ${legacy.of(target).length} times`);
      }
    }
    t.same(faults, [], 'and then each is over');
  });

  await t.test('legacy that is not there in time', async (t) => {
    for (const lane of lanes) {
      for (const [n, half] of ['', 'HTTP/1.1 2', 'HTTP/1.1 200 OK\r\nContent-'].entries()) {
        const target = `/${lane}/brief/${n}`;
        const { promise, resolve } = Promise.withResolvers<void>();
        scripts.set(target, [{ send: half }, { until: () => promise }, 'close']);
        const came = await ask(gateway.url, get(target, `brief${n}`));
        t.match(came, { kind: 'whole', status: 504 }, `${lane} lane: ${JSON.stringify(half)}`);
        const next = ask(gateway.url, get(`/${lane}/after-brief/${n}`, `brief${n}`));
        if (lane === 'story')
          await until(
            'the next one waits',
            async () => (await gauge(gateway, 'banyan_session_lock_waiters')) === 1,
          );
        resolve();
        t.match(await next, { kind: 'whole', status: 200 }, 'the turn is free when the script is over');
        await until('it is recorded', () => recorded(gateway, target) === 1);
      }
    }
  });

  await allTurnsOver(gateway);
  t.equal(await gauge(gateway, 'banyan_session_lock_waiters'), 0, 'nobody waits for one');
  await until('no more files are open than before', () => openThings().files <= before.files);
  await until('and nothing else', () => openThings().handles <= before.handles);
  t.same(legacy.violations, [], 'legacy was asked for nothing that is no request');
  t.same(thrown, [], 'nothing was thrown');
  t.equal(new Set(gateway.records.map(({ id }) => id)).size, gateway.records.length, 'each is recorded once');
});
