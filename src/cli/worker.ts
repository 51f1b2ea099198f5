import { compose, type Gateway } from '../compose.ts';
import { readSettings } from '../config/read.ts';
import { makeLog } from '../telemetry/log.ts';
import { type Answers, type Job, type Order, type Report, socketFd } from '../workers/wire.ts';
import { endingOf } from './ending.ts';
import { exitCodes } from './failure.ts';

// The program of one worker: a whole gateway, whose admin listener and routes.yaml are its primary's.

const gateway = Promise.withResolvers<Gateway>();
gateway.promise.catch(() => undefined);
let end = (_now: boolean): void => process.exit(exitCodes.ok); // nobody is served yet

process.on('message', (order: Order) => {
  if (order.kind === 'job') void run(order.job);
  else if (order.kind === 'end') end(order.now);
  else void answer(order.id, order.question, order.words);
});
// Whoever is left without a primary finishes what is under way.
process.on('disconnect', () => end(false));
process.on('SIGTERM', () => end(false));
// A terminal tells them to all of its processes; the primary has heard them too.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);

async function run({ worker, file, text, revision, legacy, logLevel, version }: Job): Promise<void> {
  try {
    const { settings } = readSettings(file, text, process.env, revision, { mustRun: true });
    if (settings === null) throw new Error(`${file} has errors`);
    const instead = {
      isWorker: true,
      sockets: { visitors: socketFd, admin: null },
      ...(legacy === null ? {} : { legacy }),
    };
    const composed = await compose(settings, instead, makeLog(logLevel, worker), version);
    const ending = endingOf(composed);
    end = (now) => {
      ending.begin();
      if (now) ending.now();
    };
    gateway.resolve(composed);
    report({ kind: 'serving', url: composed.url });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    report({ kind: 'failed', reason }, () => process.exit(exitCodes.findings));
  }
}

async function answer(id: number, question: keyof Answers, words: unknown[]): Promise<void> {
  try {
    const ask = answersOf(await gateway.promise)[question] as (...words: unknown[]) => Promise<unknown>;
    report({ kind: 'answer', id, answer: await ask(...words) });
  } catch (thrown) {
    report({ kind: 'unanswered', id, reason: String(thrown) });
  }
}

function answersOf({ insight, routes }: Gateway): Answers {
  return {
    ...insight,
    offer: async (text, occasion) => {
      const offered = await routes.offer(text, occasion);
      return { offered, drainMs: routes.current().drainMs };
    },
    lose: async (code, reason) => routes.lose(code, reason),
  };
}

function report(what: Report, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(what, undefined, undefined, then);
  else then();
}
