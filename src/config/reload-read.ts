import { Worker } from 'node:worker_threads';
import type { Clock } from '../exchange/clock.ts';
import type { Route } from '../routing/route.ts';
import { makeTableInSteps } from '../routing/table.ts';
import { type Finding, makeFinding } from './findings.ts';
import type { NumberedReading, ReadAnswer, ReadRequest } from './reload-wire.ts';
import { inSlices } from './slices.ts';

const program = new URL(
  import.meta.url.endsWith('.ts') ? './reload-worker.ts' : './reload-worker.js',
  import.meta.url,
);

/** No honest file of 1 MB takes so long; who reads another one is stopped. */
const mostMs = 60_000;

/**
 * Reads a text as `readSettings` does, strictly, and keeps nobody waiting meanwhile: a thread of its own does the
 * reading, and the table is made here in slices. Never rejects.
 */
export async function readAside(
  file: string,
  text: string,
  revision: number,
  clock: Clock,
): Promise<NumberedReading> {
  const worker = new Worker(program);
  const stop = clock.after(mostMs, () => void worker.terminate());
  try {
    const asked = await ask(worker, { file, text });
    if (asked.kind === 'refused') return { settings: null, findings: asked.findings, rev: null };
    if (asked.kind === 'routes') throw new Error('the thread answered another question');
    const { rest, findings, rev } = asked;
    const parts = {
      revision,
      routes: await takeRoutes(worker),
      upstream: rest.upstream,
      restSession: rest.session,
      restTimeoutMs: rest.timeoutMs,
    };
    const table = await inSlices(makeTableInSteps(parts), clock);
    return { settings: Object.freeze({ ...asked.settings, table }), findings, rev };
  } catch (thrown) {
    return { settings: null, findings: [unreadable(file, thrown)], rev: null };
  } finally {
    stop();
    await worker.terminate();
  }
}

async function takeRoutes(worker: Worker): Promise<Route[]> {
  const routes: Route[] = [];
  for (;;) {
    const answer = await ask(worker, 'more');
    if (answer.kind !== 'routes' || answer.routes.length === 0) return routes;
    routes.push(...answer.routes);
  }
}

/** One question and its answer; rejects when the thread ends without one. */
function ask(worker: Worker, request: ReadRequest): Promise<ReadAnswer> {
  return new Promise((resolve, reject) => {
    const over = (code: number): void => reject(new Error(`its reader ended with ${code}`));
    worker.once('exit', over).once('error', reject);
    worker.once('message', (answer: ReadAnswer) => {
      worker.off('exit', over).off('error', reject);
      resolve(answer);
    });
    worker.postMessage(request);
  });
}

function unreadable(file: string, thrown: unknown): Finding {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return makeFinding({
    code: 'unreadable',
    severity: 'error',
    message: `the file could not be read to its end: ${reason}`,
    help: 'look at it with "banyan check"; where that finds nothing, send the gateway a SIGHUP',
    file,
    line: 1,
    text: '',
    from: 0,
    length: 1,
  });
}
