import t from 'tap';
import { HostSlot, type HostEvent, type SlotHost } from '../../src/porting/host-slot.ts';
import { fakeClock, settle } from '../helpers/clock.ts';

/** A host without a process. */
class FakeHost implements SlotHost {
  readonly pid: number;
  readonly startedMs: number;
  heardMs: number;
  state: SlotHost['state'] = 'starting';
  bytes = 1_000;
  pings = 0;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();
  readonly ready = this.#ready.promise;
  readonly ended = this.#ended.promise;

  constructor(pid: number, nowMs: number) {
    this.pid = pid;
    this.startedMs = this.heardMs = nowMs;
    this.ready.catch(() => undefined);
  }

  becomeReady(): void {
    this.state = 'ready';
    this.#ready.resolve();
  }

  end(how: string): void {
    this.state = 'ended';
    this.#ready.reject(new Error(how));
    this.#ended.resolve(how);
  }

  memoryBytes(): number {
    return this.bytes;
  }

  ping(): void {
    this.pings++;
  }

  retire(): Promise<string> {
    this.state = 'retired';
    return this.ended;
  }

  kill(because: string): Promise<boolean> {
    this.end(because);
    return Promise.resolve(true);
  }
}

function makeSlot() {
  const clock = fakeClock();
  const hosts: FakeHost[] = [];
  const events: [HostEvent, string][] = [];
  const slot = new HostSlot<FakeHost>({
    clock,
    start: () => {
      hosts.push(new FakeHost(hosts.length + 1, clock.nowMs()));
      return hosts.at(-1) as FakeHost;
    },
    onEvent: (event, detail) => events.push([event, detail]),
    mostMemoryBytes: 10_000,
    stuckMs: 5_000,
  });
  slot.start().catch(() => undefined);
  const newest = (): FakeHost => hosts.at(-1) as FakeHost;
  const happened = () => events.map(([event]) => event).join(' ');
  return { clock, hosts, slot, newest, happened };
}

/** Moves the clock in steps in which whoever waits can go on, and the host answers. */
async function live(clock: ReturnType<typeof fakeClock>, milliseconds: number, host?: FakeHost) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    clock.advance(100);
    if (host !== undefined) host.heardMs = clock.nowMs();
    await settle();
  }
}

t.test('nobody is asked before a host is ready', async (t) => {
  const { slot, newest, happened } = makeSlot();
  t.equal(slot.host, null);
  newest().becomeReady();
  await settle();
  t.equal(slot.host, newest());
  t.equal(happened(), 'started');
});

t.test('a host that ends is started again, after a pause that grows up to five seconds', async (t) => {
  const { clock, hosts, newest, slot } = makeSlot();
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    newest().becomeReady();
    await settle();
    newest().end('exit code 1');
    await settle();
    t.equal(slot.host, null);
    const count = hosts.length;
    const endedMs = clock.nowMs();
    while (hosts.length === count) await live(clock, 100);
    pauses.push(clock.nowMs() - endedMs);
  }
  t.same(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);

  newest().becomeReady();
  await settle();
  await live(clock, 11_000, newest());
  const count = hosts.length;
  newest().end('exit code 1');
  await settle();
  await live(clock, 100);
  t.equal(hosts.length, count + 1, 'one that has lived for ten seconds was healthy');
});

t.test('one that cannot become ready is tried again, too', async (t) => {
  const { clock, hosts, newest } = makeSlot();
  newest().end('exit code 3');
  await live(clock, 200);
  t.equal(hosts.length, 2);
});

t.test('where none can be started at all, as on a full disk, it is tried again', async (t) => {
  const clock = fakeClock();
  let [isFull, hosts] = [true, 0];
  const slot = new HostSlot<FakeHost>({
    clock,
    start: () => {
      hosts++;
      if (isFull) throw new Error('ENOSPC');
      return new FakeHost(hosts, clock.nowMs());
    },
    onEvent: () => undefined,
    mostMemoryBytes: 10_000,
    stuckMs: 5_000,
  });
  await t.rejects(slot.start(), { message: 'ENOSPC' });
  await live(clock, 100);
  t.equal(hosts, 2);
  isFull = false;
  await live(clock, 200);
  t.equal(hosts, 3);
});

t.test('one that does not answer is not asked where another can be, and ended in the end', async (t) => {
  const { clock, hosts, newest, slot, happened } = makeSlot();
  newest().becomeReady();
  await settle();
  t.ok(slot.isQuick);
  await live(clock, 1_300);
  t.notOk(slot.isQuick);
  t.equal(newest().pings, 3);
  await live(clock, 4_200);
  t.equal(hosts[0]?.state, 'ended');
  t.equal(happened(), 'started stuck ended');
});

t.test('one that had to wait before it took over is not held to have been silent', async (t) => {
  const { clock, newest, slot, happened } = makeSlot();
  newest().becomeReady();
  await settle();
  const late = new FakeHost(2, clock.nowMs());
  await live(clock, 6_000, newest());
  slot.take(late); // the other hosts of the swap took six seconds
  t.ok(slot.isQuick);
  await live(clock, 1_000, late);
  t.equal(happened(), 'started started');
});

t.test('where the gateway itself stood still nobody is ended for it', async (t) => {
  const { clock, hosts, newest } = makeSlot();
  newest().becomeReady();
  await settle();
  const nowMs = clock.nowMs.bind(clock);
  let lateMs = 0;
  clock.nowMs = () => nowMs() + lateMs;
  lateMs = 20_000; // the timer is called now, and its answers wait behind it
  clock.advance(500);
  t.equal(hosts[0]?.state, 'ready');
});

t.test('one that has grown too large is replaced, and finishes what it has', async (t) => {
  const { clock, hosts, newest, slot, happened } = makeSlot();
  newest().becomeReady();
  await settle();
  newest().bytes = 10_001;
  await live(clock, 600, newest());
  t.equal(hosts.length, 2);
  t.equal(slot.host, hosts[0], 'which serves until the other is ready');
  newest().becomeReady();
  await settle();
  t.equal(slot.host, hosts[1]);
  t.equal(hosts[0]?.state, 'retired');
  t.equal(happened(), 'started grown started');
});

t.test('one that grows on is ended', async (t) => {
  const { clock, hosts, newest } = makeSlot();
  newest().becomeReady();
  await settle();
  newest().bytes = 20_001;
  await live(clock, 600, newest());
  t.equal(hosts[0]?.state, 'ended');
});
