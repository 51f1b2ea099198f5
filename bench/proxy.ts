import type { GatewayPeer, Peer } from './peers.ts';
import {
  fillSessions,
  startBanyan,
  startHttpProxy,
  startNginx,
  storyRoutes,
  turnsSeen,
  turnsTaken,
} from './peers.ts';
import { startCaddy, startHaproxy, startNginxProxy, startUndiciLoop } from './peers-proxy.ts';
import { load, type Load } from './load.ts';
import { atLeast, reported, rounded, type Bench, type Goal, type Measured, type Row } from './report.ts';
import { interleave, medianOf, ratio, type Rounds } from './rounds.ts';
import { moveAside, needWrk } from './tools.ts';
import { startMariaDb } from '../scripts/shop/mariadb.ts';
import { makeScratch } from '../scripts/shop/process.ts';

const page = `<!DOCTYPE html>\n<title>A page of 1 kB</title>\n`.padEnd(1023, 'banyan ') + '\n';
const passRoutes = 'routes:\n  /**: { to: legacy, session: none }';
const connections = 32;
/** Far more than connections, so that no two requests under way are of one session. */
const sessions = 1024;

interface Case {
  readonly name: string;
  readonly peer: Peer;
  readonly connections: number;
  readonly sessions: number;
}

const names = {
  nginx: 'nginx, the page itself',
  nginxProxy: 'nginx, as a proxy',
  haproxy: 'HAProxy',
  caddy: 'Caddy',
  loop: 'a bare undici loop',
  peer: '@fastify/http-proxy',
  pass: 'banyan, pass-through',
  logged: 'banyan, pass-through, log on',
  story: 'banyan, a turn in a session',
  passAlone: 'banyan, pass-through, 1 connection',
  storyAlone: 'banyan, a turn, 1 connection',
} as const;

/** What the gateway costs: a page of 1 kB straight from nginx, through what others pass it on with, and through us. */
export const bench: Bench = {
  async run({ rounds, seconds, say }): Promise<Measured> {
    needWrk(say);
    if (!moveAside()) say('one core or no taskset: load and server under test share what there is');
    const { path: scratch, remove } = makeScratch('bench-proxy');
    process.once('exit', remove);
    const stops: (() => Promise<void>)[] = [];
    try {
      const started = await startAll(scratch, stops);
      for (const each of started.cases) await check(each);
      await checkTurn(started.storyGateway);
      const contenders = started.cases.map((each) => ({
        name: each.name,
        measure: () => load({ ...each, url: each.peer.url, pid: each.peer.pid, seconds }),
      }));
      const measured = await interleave(contenders, rounds, (round) =>
        say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`),
      );
      return { rows: started.cases.map((each) => rowOf(each, measured)), goals: goalsOf(measured) };
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  },
};

async function startAll(scratch: string, stops: (() => Promise<void>)[]) {
  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    stops.push(() => started.stop());
    return started;
  };
  const mariadb = keep(await startMariaDb(scratch));
  await fillSessions(mariadb, sessions);
  const nginx = keep(await startNginx(scratch, page, { aside: false }));
  const upstream = keep(await startNginx(scratch, page, { aside: true }));
  const legacy = new URL(upstream.url).origin;
  const others: readonly [string, (scratch: string, upstream: string) => Promise<Peer>][] = [
    [names.nginxProxy, startNginxProxy],
    [names.haproxy, startHaproxy],
    [names.caddy, startCaddy],
    [names.loop, startUndiciLoop],
    [names.peer, startHttpProxy],
  ];
  const proxies: Case[] = [];
  for (const [name, start] of others)
    proxies.push({ name, peer: keep(await start(scratch, legacy)), connections, sessions: 0 });
  const pass = keep(await startBanyan(scratch, legacy, passRoutes, { log: 'silent' }));
  const logged = keep(await startBanyan(scratch, legacy, passRoutes, { log: 'info' }));
  const storyGateway = keep(await startBanyan(scratch, legacy, storyRoutes(mariadb), { log: 'silent' }));
  const cases: Case[] = [
    { name: names.nginx, peer: nginx, connections, sessions: 0 },
    ...proxies,
    { name: names.pass, peer: pass, connections, sessions: 0 },
    { name: names.logged, peer: logged, connections, sessions: 0 },
    { name: names.story, peer: storyGateway, connections, sessions },
    { name: names.passAlone, peer: pass, connections: 1, sessions: 0 },
    { name: names.storyAlone, peer: storyGateway, connections: 1, sessions },
  ];
  return { cases, storyGateway };
}

const cookie = { Cookie: 'CGISESSID=0123456789abcdef0123456789abcdef' };

/** A fast answer is worth nothing when it is not the page. */
async function check(each: Case): Promise<void> {
  const response = await fetch(each.peer.url, each.sessions > 0 ? { headers: cookie } : {});
  const body = await response.text();
  if (response.status === 200 && body === page) return;
  throw new Error(
    `${each.name} answers ${response.status} with ${body.length} characters instead of the page`,
  );
}

/** The story lane must really have asked the database for the turn, and looked at the session in it. */
async function checkTurn(gateway: GatewayPeer): Promise<void> {
  const counts = async (): Promise<readonly number[]> => [
    await turnsTaken(gateway),
    await turnsSeen(gateway),
  ];
  const before = await counts();
  await (await fetch(gateway.url, { headers: cookie })).text();
  // The record is made after the answer has been sent.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [taken, seen] = (await counts()).map((count, at) => count - (before[at] ?? NaN));
  if (taken !== 1 || seen !== 1)
    throw new Error(`of 1 request with a session ${taken} took a turn, and ${seen} were looked at`);
}

function rowOf(each: Case, measured: Rounds<Load>): Row {
  const rounds = measured.get(each.name) ?? [];
  const perSecond = rounds.map((round) => round.requestsPerSecond);
  return {
    case: each.name,
    connections: each.connections,
    'requests/s': rounded(medianOf(rounds, (round) => round.requestsPerSecond)),
    slowest: rounded(Math.min(...perSecond)),
    fastest: rounded(Math.max(...perSecond)),
    'p50 ms': rounded(medianOf(rounds, (round) => round.p50Ms)),
    'p99 ms': rounded(medianOf(rounds, (round) => round.p99Ms)),
    'cpu us/request': rounded(medianOf(rounds, (round) => round.cpuMicros)),
    'held up %': rounded(100 * medianOf(rounds, (round) => round.heldUp)),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
  };
}

function goalsOf(measured: Rounds<Load>): Goal[] {
  const speed = (above: string, below: string): number =>
    ratio(measured, [above, below], (round) => round.requestsPerSecond);
  const cpu = (above: string, below: string): number =>
    ratio(measured, [above, below], (round) => round.cpuMicros);
  const failed = [...measured.values()].flat().reduce((sum, round) => sum + round.failed, 0);
  return [
    atLeast('pass-through, of bare @fastify/http-proxy (requests/s)', 2.5, speed(names.pass, names.peer)),
    atLeast('pass-through, of Caddy (requests/s)', 1, speed(names.pass, names.caddy)),
    atLeast('pass-through, of a bare undici loop (requests/s)', 0.9, speed(names.pass, names.loop)),
    atLeast('a turn in a session, of pass-through (requests/s)', 0.6, speed(names.story, names.pass)),
    {
      goal: 'every request is answered with the page',
      wanted: '0 failed',
      measured: failed,
      held: failed === 0,
    },
    reported(
      'pass-through with the log on, of bare @fastify/http-proxy (requests/s)',
      speed(names.logged, names.peer),
    ),
    reported('pass-through, of HAProxy (requests/s)', speed(names.pass, names.haproxy)),
    reported('pass-through, of nginx as a proxy (requests/s)', speed(names.pass, names.nginxProxy)),
    reported('processor time of pass-through, of bare @fastify/http-proxy', cpu(names.pass, names.peer)),
    reported('processor time of a turn, of pass-through', cpu(names.story, names.pass)),
  ];
}
