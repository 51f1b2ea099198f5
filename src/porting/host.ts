import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import process from 'node:process';
import { Problem, asProblem } from '../errors.ts';
import { fileStore } from '../files/file-store.ts';
import { mysqlStore } from '../mysql/transaction.ts';
import { codecCalled } from '../perl/formats.ts';
import { moduleCalled } from '../perl/modules.ts';
import type { SessionStore } from '../session/store.ts';
import type { HostSettings } from './spawn.ts';
import { bodiless } from './sayable.ts';
import { answerMark, failureHeaders, maxHeaderSize, readErrand, traceLink } from './wire.ts';
import { work, type Job, type WorkParts } from './work.ts';

/**
 * The port host: the process in which ports run, so that one that loops, leaks or crashes costs this process and not
 * the gateway. It is told what to do over the channel it was started with, and ends when that channel ends.
 */
process.once('message', (settings: HostSettings) => start(settings));
process.on('SIGTERM', () => undefined); // the gateway says when; a ^C at the terminal reaches us as well
process.on('SIGINT', () => undefined);

function start(settings: HostSettings): void {
  process.once('disconnect', () => {
    // The gateway is gone, however it went, and cannot clean up any more.
    rmSync(dirname(settings.socketPath), { recursive: true, force: true });
    process.exit(0);
  });
  const parts: WorkParts = {
    store: storeOf(settings),
    customs: {
      module: moduleCalled(settings.format),
      codec: codecCalled(settings.serializer),
      cookieName: settings.cookieName,
    },
    reportLate: (problem) =>
      process.stderr.write(`${JSON.stringify({ level: 'error', msg: problem.message })}\n`),
  };
  // Whatever reached the gateway may be passed on to us, with the errand on top.
  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize },
    (request, response) => {
      void serve(request, response, parts);
    },
  );
  server.maxHeadersCount = 0; // nor by number: a client of the gateway may send 999
  server.listen(settings.socketPath, () => process.send?.('ready'));
}

function storeOf({ folder, database }: HostSettings): SessionStore {
  const inMysql = database === null ? null : mysqlStore(database.options, database.table);
  if (folder !== null) return fileStore(folder, inMysql);
  if (inMysql === null) throw new RangeError('sessions are neither in files nor in a database');
  return inMysql;
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: WorkParts): Promise<void> {
  try {
    const job = await receive(request);
    const answer = await work(
      job,
      parts,
      () => announced(response, (sent) => response.writeProcessing(sent)),
      () => announced(response, (sent) => response.writeEarlyHints({ link: traceLink }, sent)),
    );
    const length = bodiless.has(answer.status) ? [] : ['Content-Length', String(answer.body.length)];
    response.writeHead(answer.status, [...answer.headers, ...answerMark, ...length]);
    response.end(answer.body);
  } catch (thrown) {
    const problem = asProblem(thrown, 'PORT_FAILED');
    const detail = Buffer.from(problem.stack ?? problem.message);
    const fields = [...failureHeaders(problem.code), 'Content-Length', String(detail.length)];
    if (response.headersSent) response.destroy();
    else response.writeHead(500, fields).end(detail);
  }
}

async function receive(request: IncomingMessage): Promise<Job> {
  const errand = readErrand(request.rawHeaders);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    errand,
    method: errand.method,
    target: request.url ?? '/',
    headers: request.rawHeaders.filter((_, i, all) => !(all[i - (i % 2)] as string).startsWith('banyan-')),
    body: Buffer.concat(chunks),
  };
}

/** Resolves once the kernel has the interim answer: from then on the gateway will learn of it even if we are killed. */
function announced(response: ServerResponse, send: (sent: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const hungUp = (): void => reject(new Problem('PORT_FAILED', 'the gateway hung up before the commit'));
    if (response.destroyed) hungUp();
    else send(() => (response.destroyed ? hungUp() : resolve()));
  });
}
