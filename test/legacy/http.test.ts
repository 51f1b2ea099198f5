import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { Problem } from '../../src/errors.ts';
import { httpTransport } from '../../src/legacy/http.ts';
import type { LegacyControls, LegacyReceiver, LegacyRequest } from '../../src/legacy/transport.ts';
import { fakeClock } from '../helpers/clock.ts';
import { type Arrived, ScriptedUpstream, type Step } from '../helpers/scripted-upstream.ts';

/** Notes what it is told. */
class Notes implements LegacyReceiver {
  status: number | null = null;
  body = '';
  problem: Problem | null = null;
  exits = 0;
  isWhole = false;
  controls: LegacyControls | null = null;
  /** Whether it takes more. */
  takes = true;
  readonly begun = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<this>();

  head(status: number, _reason: string, _headers: string[], controls: LegacyControls): void {
    this.status = status;
    this.controls = controls;
    this.begun.resolve();
  }
  data(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1');
    return this.takes;
  }
  end(): void {
    this.isWhole = true;
  }
  failed(problem: Problem): void {
    this.problem = problem;
  }
  exited(): void {
    this.exits++;
    this.#exited.resolve(this);
  }
  get over(): Promise<this> {
    return this.#exited.promise;
  }
}

const page = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A legacy with this script, and the way there. */
async function use(t: Test, script: (request: Arrived) => readonly Step[]) {
  const legacy = new ScriptedUpstream(script);
  const clock = fakeClock();
  const transport = httpTransport(new URL(await legacy.listen(t)), clock);
  t.teardown(() => transport.close());
  const ask = (target: string, more: Partial<LegacyRequest> = {}, notes = new Notes()) => {
    const request = { id: '1', method: 'GET', target, headers: ['Host', 'shop'], body: null, lengthBytes: 0 };
    return { notes, call: transport.send({ ...request, ...more }, notes), over: notes.over };
  };
  return { legacy, clock, ask };
}

/** A legacy that does this with each connection, and how it is sent a request. */
async function useSockets(t: Test, serve: (socket: Socket) => void) {
  const legacy = createServer((socket) => serve(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => legacy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => legacy.close());
  const { port } = legacy.address() as AddressInfo;
  const transport = httpTransport(new URL(`http://127.0.0.1:${port}`), fakeClock());
  t.teardown(() => transport.close());
  return (body: Readable | null, lengthBytes: number): Promise<Notes> => {
    const notes = new Notes();
    transport.send({ id: '1', method: 'POST', target: '/', headers: [], body, lengthBytes }, notes);
    return notes.over;
  };
}

/** Until the loop has polled so often that what has arrived is read. */
async function polls(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Until a condition holds that something on its way will bring about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

t.test('requests one after the other go over one connection', async (t) => {
  const { legacy, ask } = await use(t, () => [{ send: page }]);
  for (let i = 0; i < 5; i++)
    t.match(await ask(`/${i}`).over, { status: 200, body: 'ok', isWhole: true, exits: 1 });
  t.equal(legacy.connections.size, 1);
  t.same(legacy.violations, []);
});

t.test(
  'as many at once as are asked for, each over a connection of its own; later ones use those again',
  async (t) => {
    const free = Promise.withResolvers<void>();
    const { legacy, ask } = await use(t, () => [{ until: () => free.promise }, { send: page }]);
    const asked = Array.from({ length: 9 }, (_, i) => ask(`/${i}`));
    await until(() => legacy.requests.length === 9);
    free.resolve();
    for (const { over } of asked) t.match(await over, { status: 200, exits: 1 });
    for (const each of Array.from({ length: 9 }, (_, i) => ask(`/again/${i}`))) await each.over;
    t.equal(legacy.connections.size, 9);
    t.same(legacy.violations, []);
  },
);

t.test(
  'a connection that was idle is not used before it is certain that it was not closed meanwhile',
  async (t) => {
    const { legacy, clock, ask } = await use(t, () => [{ send: page }]);
    await ask('/first').over;
    await polls();
    clock.advance(50);
    for (const socket of legacy.connections) socket.destroy(); // closed now; nobody has been told before the next poll
    t.match(await ask('/second').over, { status: 200, isWhole: true, exits: 1, problem: null });
    t.same(
      legacy.requests.map(({ target }) => target),
      ['/first', '/second'],
    );
  },
);

t.test('what is called off while it waits is never asked', async (t) => {
  const free = Promise.withResolvers<void>();
  const { legacy, ask } = await use(t, () => [{ until: () => free.promise }, { send: page }]);
  const first = ask('/first');
  await until(() => legacy.requests.length === 1);
  const second = ask('/second'); // the connection for it is still being opened
  const third = ask('/third');
  first.call.abortIfUnsent();
  second.call.abortIfUnsent();
  t.match(second.notes, { problem: { code: 'LEGACY_DOWN' }, exits: 1 });
  free.resolve();
  t.match(await first.over, { status: 200 }, 'one that is under way is not called off');
  t.match(await third.over, { status: 200 });
  second.call.abort();
  t.equal(second.notes.exits, 1);
  t.same(
    legacy.requests.map(({ target }) => target),
    ['/first', '/third'],
  );
});

t.test('a connection that legacy closes while it is idle is not used again', async (t) => {
  const { legacy, ask } = await use(t, () => [{ send: page }]);
  await ask('/1').over;
  for (const socket of legacy.connections) socket.end();
  await until(() => legacy.connections.size === 0);
  t.match(await ask('/2').over, { status: 200 });
});

t.test('a close right behind an answer is seen before the next request', async (t) => {
  const send = await useSockets(t, (socket) => socket.once('data', () => socket.end(page)));
  const problems: (Problem | null)[] = [];
  for (let i = 0; i < 100; i++) problems.push((await send(null, 0)).problem);
  t.same(
    problems,
    Array.from({ length: 100 }, () => null),
  );
});

t.test('a connection with a byte behind its answer is not used again', async (t) => {
  const { legacy, ask } = await use(t, ({ target }) => [{ send: target === '/1' ? `${page}x` : page }]);
  t.match(await ask('/1').over, { body: 'ok', isWhole: true });
  t.match(await ask('/2').over, { body: 'ok' });
  t.equal(legacy.requests.length, 2);
  await until(() => legacy.connections.size === 1);
});

t.test('one that was idle for three seconds, or as long as legacy says, is not used again', async (t) => {
  for (const [answer, keptMs] of [
    [page, 3000],
    [page.replace('Content', 'Keep-Alive: timeout=2\r\nContent'), 1000],
  ] as const) {
    const { legacy, clock, ask } = await use(t, () => [{ send: answer }]);
    const seen = new Set<unknown>();
    const see = (): void => legacy.connections.forEach((socket) => seen.add(socket));
    await ask('/1').over;
    await polls();
    see();
    clock.advance(keptMs - 1);
    await ask('/2').over;
    await polls();
    see();
    t.equal(seen.size, 1, 'a little earlier it is');
    clock.advance(keptMs);
    await ask('/3').over;
    see();
    t.equal(seen.size, 2);
  }
});

t.test('what meets the end of its connection fails, and is not asked again', async (t) => {
  const { legacy, ask } = await use(t, ({ target }) => (target === '/gone' ? ['close'] : [{ send: page }]));
  await ask('/1').over;
  t.match(await ask('/gone').over, { status: null, problem: { code: 'LEGACY_BROKE' }, exits: 1 });
  t.match(await ask('/2').over, { status: 200 });
  t.equal(legacy.of('/gone').length, 1);
});

t.test('no connection: LEGACY_DOWN, for each', async (t) => {
  const { legacy, ask } = await use(t, () => []);
  legacy.close();
  const asked = Array.from({ length: 30 }, (_, i) => ask(`/${i}`));
  for (const { over } of asked) t.match(await over, { problem: { code: 'LEGACY_DOWN' }, exits: 1 });
});

t.test('an answer is held back, and a broken off one goes no further', async (t) => {
  const size = 2_000_000;
  const { legacy, ask } = await use(t, () => [
    { send: `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}` },
  ]);
  const notes = new Notes();
  notes.takes = false;
  const held = ask('/1', {}, notes);
  await notes.begun.promise;
  await polls();
  const { length } = notes.body;
  await polls();
  t.equal(notes.body.length, length, 'nothing comes while it is held back');
  notes.takes = true;
  notes.controls?.resume();
  t.equal((await held.over).body.length, size);

  const other = ask('/2');
  await other.notes.begun.promise;
  other.call.abort();
  t.match(other.notes, { isWhole: false, problem: { code: 'LEGACY_BROKE' }, exits: 1 });
  await until(() => legacy.connections.size === 0);
});

t.test('bodies', async (t) => {
  const { legacy, ask } = await use(t, ({ target, body }) =>
    target === '/early' ? [{ send: page }] : [{ send: page.replace('ok', String(body.length).padStart(2)) }],
  );
  const post = { method: 'POST', headers: ['Host', 'shop'] };
  t.match(await ask('/none', post).over, { body: ' 0' });
  t.match(legacy.of('/none')[0]?.fields, ['Host', 'shop', 'Content-Length', '0']);
  await ask('/bytes', { ...post, body: Buffer.from('a=1'), lengthBytes: 3 }).over;
  t.match(legacy.of('/bytes')[0], { body: 'a=1', fields: ['Host', 'shop', 'Content-Length', '3'] });
  const pieces = Array.from({ length: 60 }, () => Buffer.alloc(10_000, 'x'));
  const stream = { ...post, body: Readable.from(pieces), lengthBytes: 600_000 };
  await ask('/stream', stream).over;
  t.equal(legacy.of('/stream')[0]?.body, 'x'.repeat(600_000));
  t.same(legacy.violations, []);

  for (const lengthBytes of [29_999, 30_001]) {
    const odd = ask('/odd', { ...post, body: Readable.from(pieces.slice(0, 3)), lengthBytes });
    t.match(await odd.over, { problem: { code: 'GATEWAY_FAULT' }, exits: 1 }, 'a body of another length');
  }
  const broken = Readable.from(
    (async function* () {
      yield pieces[0];
      throw new Error('no disk');
    })(),
  );
  t.match(await ask('/odd', { ...post, body: broken, lengthBytes: 30_000 }).over, {
    problem: { code: 'GATEWAY_FAULT', message: /no disk/ },
  });
  t.equal(legacy.of('/odd').length, 0, 'legacy has never seen a whole one');
});

t.test('an answer that comes before the body was sent', async (t) => {
  const lengthBytes = 5_000_000;
  const large = (): Readable =>
    Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(lengthBytes / 100)));

  const refuse = await useSockets(t, (socket) => {
    socket.once('data', () => socket.write(page.replace('200', '413'), () => socket.resetAndDestroy()));
  });
  for (let i = 0; i < 20; i++)
    t.match(await refuse(large(), lengthBytes), { status: 413, body: 'ok', problem: null, exits: 1 });

  const hurry = await useSockets(t, (socket) => {
    let bytes = 0;
    socket.once('data', () => socket.write(page.slice(0, -2)));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > lengthBytes) socket.write('ok');
    });
  });
  const notes = await hurry(large(), lengthBytes);
  t.match(notes, { status: 200, body: 'ok' }, 'one that needs the whole body has it');
});

t.test('nothing is sent that would be another request', async (t) => {
  const { legacy, ask } = await use(t, () => [{ send: page }]);
  const odd: Partial<LegacyRequest>[] = [
    { headers: ['Host', 'shop\r\nX: y'] },
    { headers: ['Host', 'shop\u010aX: y'] },
    { headers: ['Host', 'shop', 'X\0', 'y'] },
    { headers: ['Host', 'shop', 'X: y', ''] },
    { target: '/a b' },
    { target: '/\n' },
    { method: 'GET /x' },
  ];
  for (const request of odd)
    t.match(
      await ask('/', request).over,
      { problem: { code: 'NOT_HTTP' }, exits: 1 },
      JSON.stringify(request),
    );
  t.equal(legacy.connections.size, 0);
  await ask('/', { headers: ['Host', 'shop', 'X', '\xe9'] }).over;
  t.same(legacy.requests[0]?.fields, ['Host', 'shop', 'X', '\xe9'], 'bytes above 127 are sent as they are');
});

t.test('legacy that says nothing for a quarter of an hour is not waited for', async (t) => {
  const { clock, legacy, ask } = await use(t, () => [{ until: () => new Promise(() => undefined) }]);
  const asked = ask('/1');
  await until(() => legacy.requests.length === 1);
  clock.advance(14 * 60_000);
  t.equal(asked.notes.exits, 0);
  clock.advance(2 * 60_000);
  t.match(await asked.over, { problem: { code: 'LEGACY_BROKE' }, exits: 1 });
});
