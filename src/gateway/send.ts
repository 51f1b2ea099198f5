import { STATUS_CODES, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../errors.ts';
import { type Flow, flowOf, type Sink } from '../exchange/flow.ts';
import type { Answer } from '../exchange/outcome.ts';
import type { OutletTo } from './outlet.ts';

/** Sends an answer. Resolves, never rejects, when it is sent or the client is gone, with what cut it short. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  outletTo: OutletTo,
): Promise<Problem | null> {
  const body = answer.body instanceof Readable ? flowOf(answer.body) : answer.body;
  try {
    // A flat list keeps order and repetition; Node checks every name and value once more.
    if (answer.reason === undefined) response.writeHead(answer.status, [...answer.headers]);
    else response.writeHead(answer.status, answer.reason, [...answer.headers]);
  } catch (thrown) {
    if (isFlow(body)) body.to(nobody);
    const problem = new Problem(
      'LEGACY_BROKE',
      `the answer cannot be sent as HTTP: ${String(thrown)}`,
      thrown,
    );
    const { status, sentence } = problem;
    response.writeHead(status, STATUS_CODES[status], { 'Content-Type': 'text/plain' }).end(`${sentence}\n`);
    return problem;
  }
  if (isFlow(body)) return pump(body, response, outletTo);
  response.end(body ?? undefined);
  return null;
}

function isFlow(body: Buffer | Flow | null): body is Flow {
  return body !== null && 'to' in body;
}

/** Reads a body to its end, which is its side's end, and keeps nothing. */
const nobody: Sink = { data: () => true, end: () => undefined, failed: () => undefined };

/** Copies until both ends agree that it is over. A client that left is read for to the end: its side must finish. */
function pump(body: Flow, response: ServerResponse, outletTo: OutletTo): Promise<Problem | null> {
  return new Promise((resolve) => {
    let flowing = false;
    const outlet = outletTo(response, () => body.resume());
    body.to({
      data: (chunk) => {
        flowing = true;
        return outlet.write(chunk);
      },
      end: () => {
        flowing = true;
        outlet.end(() => resolve(null));
      },
      failed: (problem) => {
        response.destroy(); // a cut answer must look cut
        resolve(problem);
      },
    });
    if (flowing) return;
    // A page that is printed as it is made must be seen as it is made: the head goes now unless data follows at once.
    // flushHeaders() would send it in UTF-8, and a byte of latin-1 as two (Node 24, measured); a write of nothing does not.
    setImmediate(() => {
      if (!flowing && !response.destroyed) response.write('', 'latin1');
    });
  });
}
