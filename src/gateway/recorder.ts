import { Readable } from 'node:stream';
import { masked, type Capture } from '../exchange/capture.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Flow, flowOf, type Sink } from '../exchange/flow.ts';
import type { Answer, Answered } from '../exchange/outcome.ts';
import type { Route } from '../routing/route.ts';
import type { Sight } from '../session/snapshot.ts';

/** Records exchanges for tests, for as long as somebody asks for them. */
export interface Recorder {
  /** Whether exchanges of a route are recorded now. */
  wants(route: Route): boolean;
  /** One exchange that is to be recorded; null where nobody wants it. */
  begin(exchange: Exchange, route: Route): Recording | null;
  /** What was recorded since it was asked last. Whoever does not ask again for ten seconds wants no more. */
  take(order: { readonly route: string; readonly mask: readonly string[] }): Capture[];
}

/** An exchange while it is recorded. */
export interface Recording {
  /** The answer, which is noted as it flows. */
  answered(outcome: Answered): Answer;
  /** It is over; the session as it was found and left. */
  end(before: Sight | null, after: Sight | null): void;
}

const patienceMs = 10_000;
/** What is kept for who asks, and how large a body may be: a recording is for tests. */
const mostKept = 50;
const largestBytes = 1024 * 1024;

interface Wanted {
  readonly mask: readonly string[];
  readonly kept: Capture[];
  /** Who asks again in time is not forgotten. */
  readonly stay: () => void;
}

/** A recorder that records nothing yet. */
export function makeRecorder(clock: Clock): Recorder {
  const wanted = new Map<string, Wanted>();
  return {
    wants: ({ name }) => wanted.has(name),
    begin: (exchange, { name }) => {
      const place = wanted.get(name);
      if (place === undefined || place.kept.length >= mostKept) return null;
      const { bytes, lengthBytes } = exchange.body;
      if (lengthBytes > largestBytes || (bytes === null && lengthBytes > 0)) return null;
      return record(exchange, name, (capture) => place.kept.push(masked(capture, place.mask)));
    },
    take: ({ route, mask }) => {
      const before = wanted.get(route);
      before?.stay();
      const stay = clock.after(patienceMs, () => wanted.delete(route));
      const kept = before?.kept ?? []; // what is under way goes on into it
      wanted.set(route, { mask, kept, stay });
      return kept.splice(0);
    },
  };
}

function record(exchange: Exchange, route: string, keep: (capture: Capture) => void): Recording {
  let noted: Answered | null = null;
  const pieces: Buffer[] = [];
  let lengthBytes = 0;
  const note = (piece: Buffer): void => {
    lengthBytes += piece.length;
    if (lengthBytes <= largestBytes) pieces.push(piece);
  };
  return {
    answered: (outcome) => {
      const { answer } = (noted = outcome);
      if (answer.body === null) return answer;
      if (Buffer.isBuffer(answer.body)) {
        note(answer.body);
        return answer;
      }
      const flow = answer.body instanceof Readable ? flowOf(answer.body) : answer.body;
      return { ...answer, body: noting(flow, note) };
    },
    end: (before, after) => {
      if (noted === null || lengthBytes > largestBytes) return;
      const { side, answer } = noted;
      keep({
        route,
        side,
        receivedAtMs: exchange.receivedAtMs,
        clientAddress: exchange.clientAddress,
        request: {
          method: exchange.method,
          target: exchange.target.target,
          headers: exchange.headers,
          body: exchange.body.bytes?.toString('latin1') ?? '',
        },
        session:
          exchange.claimedSessionId === null
            ? null
            : { id: exchange.claimedSessionId, before: textOf(before), after: textOf(after) },
        answer: {
          status: answer.status,
          headers: answer.headers,
          body: Buffer.concat(pieces).toString('latin1'),
        },
      });
    },
  };
}

/** The same flow, and who listens. */
function noting(flow: Flow, note: (piece: Buffer) => void): Flow {
  return {
    to: (sink: Sink) =>
      flow.to({
        data: (chunk) => {
          note(chunk);
          return sink.data(chunk);
        },
        end: () => sink.end(),
        failed: (problem) => sink.failed(problem),
      }),
    resume: () => flow.resume(),
  };
}

function textOf(sight: Sight | null): string | null {
  return sight?.bytes?.toString('latin1') ?? null;
}
