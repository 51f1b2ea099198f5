import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import type { SessionSeen } from '../exchange/outcome.ts';
import type { SessionUse } from '../session/session.ts';
import type { Fence } from '../session/lock.ts';
import type { Effects } from '../session/store.ts';

/**
 * How the gateway and a port host talk: HTTP on a unix socket. The visitor's own request, plus these fields; the
 * visitor's own answer, plus one. Clients cannot send them: `banyan-` fields are taken off at the door.
 *
 * Before it sends COMMIT the host sends an interim answer, `102 Processing`. So when a host dies, the gateway knows:
 * without a 102 nothing can have been committed, and legacy may answer; after one, nobody can say. It sends `103 Early
 * Hints` before what may leave a trace that no ROLLBACK undoes: after that, only the host itself can say that none is left.
 */
export interface Errand {
  readonly exchangeId: string;
  /** As the visitor sent it; the request to the host has a POST for one that Node does not know. */
  readonly method: string;
  readonly route: string;
  /** Absolute path of the port's file, as the gateway knows it. */
  readonly file: string;
  readonly sessionUse: SessionUse;
  readonly effects: Effects;
  readonly sessionId: string | null;
  readonly fence: Fence | null;
  readonly timeoutMs: number;
  readonly clientAddress: string;
  readonly receivedAtMs: number;
  /** Whether the answer is to say what became of the session of the turn. */
  readonly tellsOfSession: boolean;
}

/** The Link of that 103, without which Node sends none. */
export const traceLink = '<banyan:trace>';

const errandField = 'banyan-errand';
/**
 * On every answer of a port's. What comes without it is no answer but what Node says by itself, such as a 431, and
 * legacy may answer instead.
 */
export const answerMark = ['banyan-answer', '1'] as const;
/** The same on an answer whose body is sent piece by piece, after the commit. */
export const streamMark = ['banyan-answer', 'stream'] as const;
/** Both ways: a client's own fields may take up 48 kB (config/read-clients.ts), and the errand comes on top. */
export const maxHeaderSize = 65_536;
/** Only on an answer that is a failure: its code. The body is then the detail, for the log. */
const failureField = 'banyan-failure';

/** The field that carries an errand. */
export function errandHeaders(errand: Errand): [string, string] {
  return [errandField, Buffer.from(JSON.stringify(errand)).toString('base64')];
}

/** Reads the errand of a request. Throws TypeError where it is missing. */
export function readErrand(headers: RawHeaders): Errand {
  const value = headerValue(headers, errandField);
  if (value === null) throw new TypeError(`the request has no ${errandField} field`);
  return JSON.parse(Buffer.from(value, 'base64').toString('utf8')) as Errand;
}

/**
 * On an answer: the session as it was found and left, each as `:` and base64, `-` where there was none; `=` for the second where
 * it is as the first. Nothing where they are too large: then the gateway looks how it was left, and does not know how it
 * was found.
 */
const sessionField = 'banyan-session';
/** Of both together. What is larger than a quarter of a megabyte is not looked into in any case (session/snapshot.ts). */
const mostToldBytes = 256 * 1024;
/** How long the fields of an answer can be with that in them. */
export const maxAnswerHeaderSize = maxHeaderSize + 2 * mostToldBytes;

/** The field that tells of a session. */
export function sessionHeaders({ before, after }: SessionSeen): readonly string[] {
  if ((before?.length ?? 0) + (after?.length ?? 0) > mostToldBytes) return [];
  const text = (bytes: Buffer | null): string => (bytes === null ? '-' : `:${bytes.toString('base64')}`);
  const isSame = before === after || (before !== null && after?.equals(before) === true);
  return [sessionField, `${text(before)} ${isSame ? '=' : text(after)}`];
}

/** What an answer tells of its session, or undefined. */
export function readSession(headers: RawHeaders): SessionSeen | undefined {
  const [before, after] = headerValue(headers, sessionField)?.split(' ') ?? [];
  if (before === undefined || after === undefined) return undefined;
  const bytes = (text: string): Buffer | null => (text === '-' ? null : Buffer.from(text.slice(1), 'base64'));
  const found = bytes(before);
  return { before: found, after: after === '=' ? found : bytes(after) };
}

/** The field that says that an answer is none, with a code of errors.ts. */
export function failureHeaders(code: string): [string, string] {
  return [failureField, code];
}

/** The code of a failure, or null where the answer is one. */
export function readFailure(headers: RawHeaders): string | null {
  return headerValue(headers, failureField);
}

/** Whether the body of a port's own answer is a stream: one that has a head has been committed. */
export function isStreamed(headers: RawHeaders): boolean {
  return headerValue(headers, streamMark[0]) === streamMark[1];
}

/** Whether these are the fields of a port's own answer. */
export function isAnswer(headers: RawHeaders): boolean {
  return headerValue(headers, answerMark[0]) !== null;
}
