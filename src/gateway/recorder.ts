import { Readable } from 'node:stream';
import { type Capture, masked, type Sealed, secretsOf } from '../exchange/capture.ts';
import type { Clock } from '../exchange/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Flow, flowOf, type Sink } from '../exchange/flow.ts';
import type { Answer, Answered } from '../exchange/outcome.ts';
import type { Seal } from '../exchange/seal.ts';
import type { Route } from '../routing/route.ts';
import type { Sight } from '../session/snapshot.ts';

/** A capture on its way to who records it. */
export interface Delivery extends Capture {
  /** Sealed as JSON, closed, where that was asked for. Not for a file. */
  readonly sealed?: string;
}

/** What somebody wants recorded. */
interface Order {
  readonly route: string;
  readonly mask: readonly string[];
  /** Whether the secrets are wanted, too. */
  readonly sealed?: boolean;
}

/** Records exchanges for tests, for as long as somebody asks for them. */
export interface Recorder {
  /** Whether exchanges of a route are recorded now. */
  wants(route: Route): boolean;
  /** One exchange that is to be recorded; null where nobody wants it. */
  begin(exchange: Exchange, route: Route): Recording | null;
  /** What was recorded since it was asked last. Whoever does not ask again for ten seconds wants no more. */
  take(order: Order): Delivery[];
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
  readonly order: Order;
  readonly kept: Delivery[];
  /** Who asks again in time is not forgotten. */
  readonly stay: () => void;
}

/** What a recorder is made of. */
export interface RecorderParts {
  readonly clock: Clock;
  /** The cookie with the session's id; null where there are no sessions. */
  readonly cookieName: string | null;
  /** Closes secrets; null where there is nothing to close them with, and then nobody gets any. */
  readonly seal: Seal | null;
}

/** A recorder that records nothing yet. */
export function makeRecorder({ clock, cookieName, seal }: RecorderParts): Recorder {
  const deliver = (capture: Capture, begunAtMs: number, { mask, sealed }: Order): Delivery => {
    const secrets = secretsOf(capture, mask, cookieName);
    const shown = masked(capture, secrets);
    if (sealed !== true || seal === null) return shown;
    return { ...shown, sealed: seal.close(JSON.stringify({ ...secrets, begunAtMs } satisfies Sealed)) };
  };
  const wanted = new Map<string, Wanted>();
  return {
    wants: ({ name }) => wanted.has(name),
    begin: (exchange, { name }) => {
      const place = wanted.get(name);
      if (place === undefined || place.kept.length >= mostKept) return null;
      const { bytes, lengthBytes } = exchange.body;
      if (lengthBytes > largestBytes || (bytes === null && lengthBytes > 0)) return null;
      const begunAtMs = clock.epochMs();
      return record(exchange, name, clock, (capture) =>
        place.kept.push(deliver(capture, begunAtMs, place.order)),
      );
    },
    take: (order) => {
      const { route } = order;
      const before = wanted.get(route);
      before?.stay();
      const stay = clock.after(patienceMs, () => wanted.delete(route));
      const kept = before?.kept ?? []; // what is under way goes on into it
      wanted.set(route, { order, kept, stay });
      return kept.splice(0);
    },
  };
}

function record(
  exchange: Exchange,
  route: string,
  clock: Clock,
  keep: (capture: Capture) => void,
): Recording {
  let noted: Answered | null = null;
  let endedAtMs: number | null = null;
  const pieces: Buffer[] = [];
  let lengthBytes = 0;
  const note = (piece: Buffer): void => {
    lengthBytes += piece.length;
    if (lengthBytes <= largestBytes) pieces.push(piece);
  };
  return {
    answered: (outcome) => {
      const { answer, finished } = (noted = outcome);
      void finished.then(() => {
        endedAtMs = clock.epochMs(); // the client may take longer
      });
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
        endedAtMs: endedAtMs ?? clock.epochMs(),
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
