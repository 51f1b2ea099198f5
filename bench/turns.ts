import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Problem } from '../src/errors.ts';
import { systemClock } from '../src/exchange/clock.ts';
import type { KeptLock } from '../src/session/lock.ts';
import { Turnstile } from '../src/session/turnstile.ts';
import { median } from './rounds.ts';

/** A gateway, as far as turns go. */
export interface Gateway {
  readonly turnstile: Turnstile;
  readonly lock: KeptLock;
}

/** Opens a gateway's turnstile on a lock. */
export function gatewayOn(lock: KeptLock, longestQueue: number): Gateway {
  return { lock, turnstile: new Turnstile({ lock, clock: systemClock, longestQueue }) };
}

const patienceMs = 60_000;
const stays = new AbortController().signal;

/** The time that so many hundredths of these stay below. */
export function percentile(times: readonly number[], hundredths: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * hundredths) / 100))] ?? NaN;
}

/** What the server has been asked since it began, this question not counted. */
export async function statementsAt(admin: Connection): Promise<number> {
  const [[row]] = await admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'");
  return Number(row?.['Value']) - 1;
}

/** One visitor after the other, each with a session of its own: the time of a turn that holds nothing up. */
export async function uncontended(gateway: Gateway, admin: Connection, seconds: number) {
  const times: number[] = [];
  for (let warmUp = 0; warmUp < 200; warmUp++) await turn(gateway, `warm ${warmUp}`);
  const before = await statementsAt(admin);
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const started = performance.now();
    await turn(gateway, `s${times.length}`);
    times.push(performance.now() - started);
  }
  const statements = (await statementsAt(admin)) - before - 1; // the first of the two was itself counted
  return { turns: times.length, statements, p50Ms: median(times), p99Ms: percentile(times, 99) };
}

async function turn({ turnstile }: Gateway, sessionId: string, workMs = 0): Promise<void> {
  const lease = await turnstile.enter(sessionId, patienceMs, stays);
  if (workMs > 0) await pause(workMs);
  await lease.leave();
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** So many requests of one session at once: in what order they had their turns, and how many were refused. */
export async function herd(gateway: Gateway, requests: number, workMs: number) {
  const order: number[] = [];
  let refused = 0;
  const started = performance.now();
  const visit = async (request: number): Promise<void> => {
    try {
      const lease = await gateway.turnstile.enter('herd', patienceMs, stays);
      order.push(request);
      await pause(workMs);
      await lease.leave();
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.code !== 'TURN_QUEUE_FULL') throw thrown;
      refused++;
    }
  };
  await Promise.all(Array.from({ length: requests }, (_, request) => visit(request)));
  const inOrder = order.every((request, at) => request === at);
  return { served: order.length, refused, inOrder, seconds: (performance.now() - started) / 1000 };
}

/** Fifty other sessions, each of which wants a turn every 20 ms or so, until `isOver`: what each turn took. */
export async function others(gateway: Gateway, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const visit = async (session: number): Promise<void> => {
    await pause((session * 20) / 50);
    while (!isOver()) {
      const started = performance.now();
      await turn(gateway, `other ${session}`);
      times.push(performance.now() - started);
      await pause(20);
    }
  };
  await Promise.all(Array.from({ length: 50 }, (_, session) => visit(session)));
  return times;
}

/** So many turns held at once: what they cost to take, to hold and to leave. */
export async function crowd(gateway: Gateway, admin: Connection, turns: number) {
  const collect = garbageCollector();
  collect();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  const leases = await Promise.all(
    Array.from({ length: turns }, (_, session) =>
      gateway.turnstile.enter(`crowd ${session}`, patienceMs, stays),
    ),
  );
  const takenMs = performance.now() - started;
  collect();
  const bytesPerTurn = (process.memoryUsage().heapUsed - before) / turns;
  const connections = await connectionsOf(admin, 'shop');
  const leaving = performance.now();
  await Promise.all(leases.map((lease) => lease.leave()));
  return { takenMs, leftMs: performance.now() - leaving, bytesPerTurn, connections };
}

async function connectionsOf(admin: Connection, user: string): Promise<number> {
  const sql = 'SELECT COUNT(*) AS count FROM information_schema.processlist WHERE user = ?';
  const [[row]] = await admin.query<RowDataPacket[]>(sql, [user]);
  return Number(row?.['count']);
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Gateways that always want the turn of one session: how many each had, and the most of others between two of one. */
export async function contend(
  gateways: readonly Gateway[],
  admin: Connection,
  seconds: number,
  workMs: number,
) {
  const order: number[] = [];
  const before = await statementsAt(admin);
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    gateways.map(async (gateway, number) => {
      while (performance.now() < end) {
        const lease = await gateway.turnstile.enter('contended', patienceMs, stays);
        order.push(number);
        await pause(workMs);
        await lease.leave();
      }
    }),
  );
  const statements = (await statementsAt(admin)) - before - 1;
  const turns = gateways.map((_, number) => order.filter((each) => each === number).length);
  return { turns, longestWait: longestWait(order), statementsPerSecond: statements / seconds };
}

function longestWait(order: readonly number[]): number {
  const last = new Map<number, number>();
  let longest = 0;
  order.forEach((gateway, at) => {
    longest = Math.max(longest, at - (last.get(gateway) ?? at - 1) - 1);
    last.set(gateway, at);
  });
  return longest;
}
