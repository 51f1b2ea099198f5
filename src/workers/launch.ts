import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ended, WorkerProcess } from './crew.ts';
import { type Answers, type Job, type Order, type Report, socketFd } from './wire.ts';

/** A worker that says nothing for so long is not waited for: its event loop may stand still. */
const patienceMs = 4_000;
/** A routes.yaml of ten thousand routes takes a while on a busy machine. */
const offerPatienceMs = 30_000;

const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../cli/worker.ts' : '../cli/worker.js', import.meta.url),
);

/** Starts a worker's process on the socket of the visitors. It ends by itself when we are gone. */
export function launchWorker(job: Job, visitorsFd: number): WorkerProcess {
  const stdio: ('ignore' | 'inherit' | 'ipc' | number)[] = ['ignore', 'inherit', 'inherit'];
  stdio[socketFd] = visitorsFd;
  const child = fork(program, [], { stdio: [...stdio, 'ipc'], serialization: 'advanced' });
  const serving = Promise.withResolvers<string>();
  const over = Promise.withResolvers<Ended>();
  const open = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let count = 0;

  const send = (order: Order): void => {
    if (child.connected) child.send(order, () => undefined); // who is gone exits, too
  };
  const end = (ended: Ended): void => {
    const how = ended.signal === null ? `exit code ${ended.code}` : `signal ${ended.signal}`;
    serving.reject(new Error(`worker ${job.worker} ended before it served, with ${how}`));
    for (const { reject } of open.values()) reject(new Error(`worker ${job.worker} is gone`));
    over.resolve(ended);
  };
  child.on('message', (report: Report) => {
    if (report.kind === 'serving') serving.resolve(report.url);
    else if (report.kind === 'failed') serving.reject(new Error(report.reason));
    else if (report.kind === 'answer') open.get(report.id)?.resolve(report.answer);
    else open.get(report.id)?.reject(new Error(report.reason));
  });
  child.once('exit', (code, signal) => end({ code, signal }));
  // One that cannot be started at all never exits.
  child.on('error', () => {
    if (child.pid === undefined) end({ code: null, signal: null });
  });
  const ask = async (question: keyof Answers, words: unknown[], waitMs = patienceMs): Promise<unknown> => {
    const id = ++count;
    const answer = Promise.withResolvers<unknown>();
    open.set(id, answer);
    send({ kind: 'ask', id, question, words });
    const late = setTimeout(() => answer.reject(new Error(`worker ${job.worker} does not answer`)), waitMs);
    return answer.promise.finally(() => {
      clearTimeout(late);
      open.delete(id);
    });
  };
  /** What a question is answered with is what the worker's own answer to it is: both are made of `Answers`. */
  const asks = <Q extends keyof Answers>(question: Q, waitMs?: number): Answers[Q] =>
    ((...words: unknown[]) => ask(question, words, waitMs)) as Answers[Q];

  serving.promise.catch(() => undefined);
  send({ kind: 'job', job });
  return {
    worker: job.worker,
    pid: child.pid ?? -1,
    serving: serving.promise,
    ended: over.promise,
    end: (now) => send({ kind: 'end', now }),
    kill: () => void child.kill('SIGKILL'),
    familyNames: asks('familyNames'),
    family: asks('family'),
    notReady: asks('notReady'),
    config: asks('config'),
    ports: asks('ports'),
    record: asks('record'),
    habits: asks('habits'),
    sessions: asks('sessions'),
    session: asks('session'),
    offer: asks('offer', offerPatienceMs),
    lose: asks('lose'),
  };
}
