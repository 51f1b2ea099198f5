import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { SessionSummary, TurnEntry } from '../../src/session/timeline-entry.ts';
import { turnEntry } from '../helpers/records.ts';
import { until } from '../helpers/shop.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const noon = Date.UTC(2003, 0, 1, 12);

const turn = (exchange: string): TurnEntry =>
  turnEntry(exchange, noon, { route: exchange, method: 'GET', side: 'port', heldMs: 5 });
const summary = (session: string, requests: number): SessionSummary => ({
  session,
  requests,
  waits: 0,
  timeouts: 0,
  seen: 1,
  outside: 0,
  longestWaitMs: 0,
  longestHoldMs: 5,
  lastAtMs: noon,
});
const totals = { requests: 1, waits: 0, timeouts: 0, seen: 1, outside: 0, sinceMs: noon, waitP99Ms: null };

/** An admin listener that says what the test puts there; null is a session it does not know. */
class Admin {
  answer: object | null = null;
  asked = 0;
  #server: Server | null = null;
  tcpPort = 0;

  async start(): Promise<void> {
    const server = createServer((_request, response) => {
      this.asked++;
      response.statusCode = this.answer === null ? 404 : 200;
      response.setHeader('connection', 'close');
      response.end(JSON.stringify(this.answer ?? { error: 'SESSION_UNKNOWN', message: 'none' }));
    });
    await new Promise<void>((done) => server.listen(this.tcpPort, '127.0.0.1', done));
    this.tcpPort = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    await new Promise((done) => (this.#server === null ? done(null) : this.#server.close(done)));
    this.#server = null;
  }
}

async function useAdmin(t: Test, answer: object | null): Promise<Admin> {
  const admin = new Admin();
  admin.answer = answer;
  await admin.start();
  t.teardown(() => admin.stop());
  return admin;
}

/** `banyan sessions … --watch`, while it runs. */
function watching(t: Test, admin: Admin, ...args: string[]) {
  const address = ['--admin', `http://127.0.0.1:${admin.tcpPort}`, '--interval', '100ms'];
  const child = spawn(process.execPath, [main, 'sessions', ...args, '--watch', ...address], {
    env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
  return { said, ended, interrupt: () => child.kill('SIGINT') };
}

t.test('a timeline grows line by line, and Ctrl-C ends it with 130', async (t) => {
  const admin = await useAdmin(t, null);
  const { said, ended, interrupt } = watching(t, admin, 'c7a6');
  await until('it waits', () => said.stderr.includes('remembered yet; waiting for it'));
  admin.answer = { session: 'c7a6e3cebf', entries: [turn('one')] };
  await until('the first line', () => said.stdout.includes('GET one'));
  admin.answer = { session: 'c7a6e3cebf', entries: [turn('one'), turn('two')] };
  await until('the second line', () => said.stdout.includes('GET two'));
  const { asked } = admin;
  await until('it looked again', () => admin.asked > asked + 1);
  interrupt();
  t.equal(await ended, 130);
  t.equal(said.stdout.match(/GET one/g)?.length, 1, 'each line once');
  t.equal(said.stdout.match(/^c7a6e3cebf {2}1 requests/gm)?.length, 1, 'the head once');
});

t.test('--json is one event a line', async (t) => {
  const admin = await useAdmin(t, { from: 'memory', totals, sessions: [summary('a', 1)] });
  const { said, ended, interrupt } = watching(t, admin, '--json');
  await until('the first event', () => said.stdout.includes('\n'));
  admin.answer = { from: 'memory', totals, sessions: [summary('b', 1), summary('a', 1)] };
  await until('the second event', () => said.stdout.includes('"b"'));
  interrupt();
  t.equal(await ended, 130);
  const events = said.stdout.trimEnd().split('\n');
  t.match(
    events.map((line) => JSON.parse(line) as unknown),
    [
      { schema: 1, event: 'session', session: 'a', requests: 1 },
      { schema: 1, event: 'session', session: 'b' },
    ],
    'only what something happened to',
  );
});

t.test('a gateway that is started again is waited for', async (t) => {
  const admin = await useAdmin(t, { session: 'c7a6e3cebf', entries: [turn('one')] });
  const { said, ended, interrupt } = watching(t, admin, 'c7a6', '--json');
  await until('the first event', () => said.stdout.includes('"one"'));
  await admin.stop();
  await until('it says so', () => /no gateway answers at .*; waiting for it/.test(said.stderr));
  admin.answer = { session: 'c7a6e3cebf', entries: [turn('two')] };
  await admin.start();
  await until('it goes on', () => said.stdout.includes('"two"'));
  await until('it says that, too', () => said.stderr.includes('the gateway answers again'));
  interrupt();
  t.equal(await ended, 130);
});

t.test('a gateway that never was there is not waited for', async (t) => {
  const nobody = new Admin();
  nobody.tcpPort = 1;
  const { said, ended } = watching(t, nobody);
  t.equal(await ended, 3);
  t.match(said.stderr, 'no gateway answers');
});
