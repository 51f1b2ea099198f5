import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { textHash } from '../src/config/text-hash.ts';
import { freeTcpPort, startServer, untilUp } from '../scripts/shop/process.ts';
import { repository } from '../scripts/shop/shop.ts';
import { routesFile, mixedKey } from './routes-files.ts';
import { median } from './rounds.ts';

/** What one kind of reload did to who was served meanwhile. */
export interface ReloadFigures {
  readonly name: string;
  readonly reloads: number;
  /** From the new file to the new table, as the gateway's own log tells it; the median. */
  readonly tookMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly longestRequestMs: number;
  /** In which the gateway's thread did nothing else. */
  readonly longestPauseMs: number;
}

/** Visitors, each with a pause between two requests: the machine shall be busy, not full. */
const visitors = 8;
const thinkMs = 4;
const routeCount = 10_000;
/** What a reload still has to do once its table serves: the metrics of routes that are gone. */
const restMs = 300;

type Write = (n: number) => string;

/** Files that follow each other, each with 10,000 routes. */
function kinds(head: string): Record<string, Write> {
  const file = (key: (n: number) => string, target = 'legacy'): string =>
    routesFile(routeCount, key, { head, target });
  return {
    'no reload, for comparison': () => file(mixedKey),
    'one target changes': (n) =>
      file(mixedKey).replace('script-500.pl: legacy', `script-500.pl: ${n % 2 ? 'retired' : 'legacy'}`),
    'every target changes': (n) => file(mixedKey, n % 2 ? 'retired' : 'legacy'),
    'every route is another': (n) => file((route) => mixedKey(route).replace('/', `/v${n % 2}-`)),
    'refused for its last line': (n) => `${file(mixedKey).trimEnd()} ${n}\n`,
  };
}

/** Reloads a real gateway while visitors are served by it. */
export async function reloadUnderLoad(
  scratch: string,
  reloads: number,
  say: (text: string) => void,
): Promise<ReloadFigures[]> {
  const upstream = await startUpstream();
  const gateway = await startGateway(scratch, `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  try {
    const figures: ReloadFigures[] = [];
    for (const [name, write] of Object.entries(kinds(gateway.head))) {
      say(name);
      const stop = new AbortController();
      await gateway.longestPauseMs();
      const load = visit(gateway.url, stop.signal);
      const taken = new Set<string>();
      for (let n = 1; n <= reloads; n++) {
        if (name.startsWith('no reload')) await pause(500);
        else taken.add(await gateway.take(write(n)));
      }
      stop.abort();
      figures.push({
        name,
        reloads: name.startsWith('no reload') ? 0 : reloads,
        tookMs: median(gateway.tookMs(taken)),
        ...(await load),
        longestPauseMs: await gateway.longestPauseMs(),
      });
    }
    return figures;
  } finally {
    await gateway.stop();
    upstream.close();
  }
}

function startUpstream(): Promise<Server> {
  const page = 'banyan '.repeat(146);
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function startGateway(scratch: string, legacy: string) {
  const [tcpPort, adminTcpPort] = [await freeTcpPort(), await freeTcpPort()];
  const [file, logFile, pauseFile] = ['routes.yaml', 'gateway.log', 'pause.json'].map((name) =>
    join(scratch, name),
  ) as [string, string, string];
  const head = `listen: 127.0.0.1:${tcpPort}\nadmin: 127.0.0.1:${adminTcpPort}\nlegacy: ${legacy}`;
  writeFileSync(file, routesFile(routeCount, mixedKey, { head }));
  const command = [
    process.execPath,
    '--import',
    join(import.meta.dirname, 'pause-probe.ts'),
    join(repository, 'src/cli/main.ts'),
    'start',
    file,
  ];
  const server = startServer(command, { logFile, env: { BENCH_PAUSE_FILE: pauseFile }, asWhoWeAre: true });
  const adminUrl = `http://127.0.0.1:${adminTcpPort}`;
  await untilUp('banyan', server, logFile, () =>
    fetch(`${adminUrl}/live`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  let asked = 0;
  return {
    url: `http://127.0.0.1:${tcpPort}`,
    head,
    stop: () => server.stop(),
    /** Puts a text in the place of the file, waits until the gateway has it in use or refuses it, and gives its hash. */
    take: async (text: string): Promise<string> => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      for (;;) {
        const { hash, refused } = (await (await fetch(`${adminUrl}/config`)).json()) as {
          hash: string;
          refused: { hash: string } | null;
        };
        await pause(20);
        if (![hash, refused?.hash].includes(textHash(text))) continue;
        await pause(restMs);
        return textHash(text);
      }
    },
    /** How long the reloads of these texts took so far, by their hashes. */
    tookMs: (hashes: ReadonlySet<string>): number[] =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"tookMs"'))
        .map((line) => JSON.parse(line) as { tookMs: number; hash: string })
        .filter(({ hash }) => hashes.has(hash))
        .map(({ tookMs }) => tookMs),
    /** The longest pause since it was last asked. */
    longestPauseMs: async (): Promise<number> => {
      asked += 1;
      server.child.kill('SIGUSR2');
      for (;;) {
        await pause(20);
        try {
          const { count, longestMs } = JSON.parse(readFileSync(pauseFile, 'utf8')) as {
            count: number;
            longestMs: number;
          };
          if (count === asked) return longestMs;
        } catch {
          // Not written yet.
        }
      }
    },
  };
}

/** Visitors look at pages of all kinds until they are stopped. */
async function visit(
  url: string,
  stop: AbortSignal,
): Promise<Pick<ReloadFigures, 'requests' | 'failed' | 'longestRequestMs'>> {
  const agent = new Agent({ keepAlive: true, maxSockets: visitors });
  let [requests, failed, longestRequestMs] = [0, 0, 0];
  const visitor = async (number: number): Promise<void> => {
    for (let n = number; !stop.aborted; n += visitors) {
      const started = performance.now();
      // Routes that no file of the bench moves, so that every answer is a page.
      const status = await get(agent, `${url}/elsewhere/page-${n % 1000}.html`);
      requests += 1;
      if (status !== 200) failed += 1;
      longestRequestMs = Math.max(longestRequestMs, performance.now() - started);
      await pause(thinkMs);
    }
  };
  await Promise.all(Array.from({ length: visitors }, (_, number) => visitor(number)));
  agent.destroy();
  return { requests, failed, longestRequestMs };
}

/** The status of an answer that came whole, else 0. */
function get(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve) => {
    request(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
      response.once('error', () => resolve(0));
    })
      .once('error', () => resolve(0))
      .end();
  });
}
