import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { asProblem, Problem } from '../errors.ts';
import type { Answer } from '../exchange/outcome.ts';
import type { OutletTo } from './outlet.ts';

/** Sends an answer. Resolves, never rejects, when it is sent or the client is gone, with what cut it short. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  outletTo: OutletTo,
): Promise<Problem | null> {
  try {
    // A flat list keeps order and repetition; Node checks every name and value once more.
    if (answer.reason === undefined) response.writeHead(answer.status, [...answer.headers]);
    else response.writeHead(answer.status, answer.reason, [...answer.headers]);
  } catch (thrown) {
    if (answer.body instanceof Readable) answer.body.on('error', () => undefined).resume();
    const problem = new Problem(
      'LEGACY_BROKE',
      `the answer cannot be sent as HTTP: ${String(thrown)}`,
      thrown,
    );
    const { status, sentence } = problem;
    response.writeHead(status, STATUS_CODES[status], { 'Content-Type': 'text/plain' }).end(`${sentence}\n`);
    return problem;
  }
  if (answer.body instanceof Readable) return pump(answer.body, response, outletTo);
  response.end(answer.body ?? undefined);
  return null;
}

/** Copies until both ends agree that it is over. A client that left is read for to the end: its side must finish. */
function pump(body: Readable, response: ServerResponse, outletTo: OutletTo): Promise<Problem | null> {
  if (body.errored !== null) {
    response.destroy(); // a cut answer must look cut
    return Promise.resolve(asProblem(body.errored, 'LEGACY_BROKE'));
  }
  return new Promise((resolve) => {
    // A page that is printed as it is made must be seen as it is made: the head goes now unless data follows at once.
    let flowing = false;
    setImmediate(() => {
      if (!flowing && !response.destroyed) response.flushHeaders();
    });
    const outlet = outletTo(response, () => body.resume());
    body.on('data', (chunk: Buffer) => {
      flowing = true;
      if (!outlet.write(chunk)) body.pause();
    });
    body.once('end', () => {
      flowing = true;
      outlet.end(() => resolve(null));
    });
    body.once('error', (error) => {
      response.destroy(); // a cut answer must look cut
      resolve(asProblem(error, 'LEGACY_BROKE'));
    });
  });
}
