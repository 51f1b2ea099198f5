import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendUp, takeDown } from './big-bodies.ts';
import { openClients } from './idle-clients.ts';
import { fillSessions, startBanyan, startPeer, storyRoutes, turnsTaken, type GatewayPeer } from './peers.ts';
import { atMost, rounded, type Bench, type Goal, type Measured, type Row } from './report.ts';
import { buildGateway, moveAside } from './tools.ts';
import { startMariaDb } from '../scripts/shop/mariadb.ts';
import { freeTcpPort, makeScratch } from '../scripts/shop/process.ts';

const bodyBytes = 1_000_000_000;
const clients = 5000;
const [bodyGoalMb, idleGoalMb] = [150, 300];
const plainRoutes = 'routes:\n  /**: { to: legacy, session: none }';

/** A session of its own for each number. */
const cookie = (session: number): string => `CGISESSID=${session.toString(16).padStart(32, '0')}`;

/** Memory of the gateway, in MB. */
interface Memory {
  readonly before: number;
  /** At the end, with the clients still there. */
  readonly after: number;
  readonly peak: number;
  readonly seconds: number;
}

interface Case {
  readonly name: string;
  readonly what: 'up' | 'down' | 'idle';
  readonly story: boolean;
  readonly goalMb: number;
}

/** A request with a body never goes through the pass-through lane: its body may say which route is meant. */
const cases: readonly Case[] = [
  { name: '1 GB up, no session', what: 'up', story: false, goalMb: bodyGoalMb },
  { name: '1 GB up, in a turn', what: 'up', story: true, goalMb: bodyGoalMb },
  { name: '1 GB down, pass-through', what: 'down', story: false, goalMb: bodyGoalMb },
  { name: '1 GB down, in a turn', what: 'down', story: true, goalMb: bodyGoalMb },
  { name: '5,000 idle clients, pass-through', what: 'idle', story: false, goalMb: idleGoalMb },
  { name: '5,000 idle clients, a turn each', what: 'idle', story: true, goalMb: idleGoalMb },
];

/** How much memory the gateway takes for large bodies and for many clients: a new gateway for each figure. */
export const bench: Bench = {
  async run({ rounds, say }): Promise<Measured> {
    moveAside();
    const { path: scratch, remove } = makeScratch('bench-proxy-memory');
    process.once('exit', remove);
    const stops: (() => Promise<void>)[] = [];
    try {
      const mariadb = await startMariaDb(scratch);
      stops.push(() => mariadb.stop());
      await fillSessions(mariadb, clients);
      const upstream = await startUpstream(scratch);
      stops.push(() => upstream.stop());
      const options = { log: 'silent', main: buildGateway() };
      const legacy = new URL(upstream.url).origin;
      const measured = new Map<Case, Memory[]>(cases.map((each) => [each, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const each of cases) {
          say(`${each.name}, round ${round} of ${rounds}`);
          const routes = each.story ? storyRoutes(mariadb) : plainRoutes;
          const gateway = await startBanyan(scratch, legacy, routes, options);
          try {
            measured.get(each)?.push(await measure(each, gateway));
          } finally {
            await gateway.stop();
          }
        }
      }
      const worst = new Map([...measured].map(([each, rounds]) => [each, worstOf(rounds)]));
      return { rows: [...worst].map(rowOf), goals: [...worst].map(goalOf) };
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  },
};

async function startUpstream(scratch: string) {
  const tcpPort = await freeTcpPort();
  const command = [process.execPath, join(import.meta.dirname, 'memory-upstream.ts')];
  const env = { TCP_PORT: String(tcpPort) };
  return startPeer('memory-upstream', scratch, command, { tcpPort, env, asWhoWeAre: true });
}

async function measure({ name, what, story }: Case, gateway: GatewayPeer): Promise<Memory> {
  const before = memoryOf(gateway.pid, 'VmRSS');
  const turnsBefore = await turnsTaken(gateway);
  const started = performance.now();
  const after = what === 'idle' ? await idle(gateway, story) : await transfer(what, gateway, story);
  const seconds = (performance.now() - started) / 1000;
  // The record is made after the answer has been sent.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const turns = (await turnsTaken(gateway)) - turnsBefore;
  const wanted = !story ? 0 : what === 'idle' ? 2 * clients : 1;
  if (turns !== wanted) throw new Error(`${name}: ${turns} turns were taken instead of ${wanted}`);
  return { before, after, peak: memoryOf(gateway.pid, 'VmHWM'), seconds };
}

async function transfer(what: 'up' | 'down', { url, pid }: GatewayPeer, story: boolean): Promise<number> {
  const headers: Record<string, string> = story ? { Cookie: cookie(1) } : {};
  const bytes =
    what === 'up'
      ? await sendUp(url, bodyBytes, headers)
      : await takeDown(new URL(`/down?bytes=${bodyBytes}`, url).href, headers);
  if (bytes !== bodyBytes) throw new Error(`${bytes} of ${bodyBytes} bytes went ${what}`);
  return memoryOf(pid, 'VmRSS');
}

/** Memory while everybody is there and nobody asks. Afterwards everybody asks once more: they were really kept. */
async function idle({ url, pid }: GatewayPeer, story: boolean): Promise<number> {
  const opened = await openClients(url, clients, (at) => (story ? `Cookie: ${cookie(at + 1)}\r\n` : ''));
  try {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const after = memoryOf(pid, 'VmRSS');
    if (opened.open() !== clients) throw new Error(`${opened.open()} of ${clients} connections are left`);
    await opened.again();
    return after;
  } finally {
    opened.leave();
  }
}

/** Resident memory of a process, now (VmRSS) or at its highest (VmHWM), in MB (proc(5)). */
function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return (Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6;
}

function worstOf(rounds: readonly Memory[]): Memory {
  const most = (figure: (of: Memory) => number): number => Math.max(...rounds.map(figure));
  return {
    before: most((round) => round.before),
    after: most((round) => round.after),
    peak: most((round) => round.peak),
    seconds: most((round) => round.seconds),
  };
}

function rowOf([{ name, what }, { before, after, peak, seconds }]: readonly [Case, Memory]): Row {
  return {
    case: name,
    'RSS before MB': rounded(before),
    'RSS after MB': rounded(after),
    'peak RSS MB': rounded(peak),
    'grew by MB': rounded(peak - before),
    'kB/client': what === 'idle' ? rounded(((after - before) * 1000) / clients) : null,
    seconds: rounded(seconds),
  };
}

function goalOf([{ name, what, goalMb }, { after, peak }]: readonly [Case, Memory]): Goal {
  return what === 'idle'
    ? atMost(`${name}: RSS while they are idle (MB)`, goalMb, after)
    : atMost(`${name}: peak RSS (MB)`, goalMb, peak);
}
