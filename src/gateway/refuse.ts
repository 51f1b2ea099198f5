import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, type ProblemCode } from '../errors.ts';
import { type ExchangeRecord, untold } from '../record.ts';
import { originOf } from './client-address.ts';
import { isReceiving, lastOpenAnswer } from './in-order.ts';
import { isLingering, linger } from './linger.ts';
import type { Parts } from './parts.ts';

/** What Node's server says of a connection that it cannot read a request from. */
export interface ReadError extends Error {
  readonly code?: string;
}

/** Why connections were refused in the middle of a request: that request's own record tells it. */
const refused = new WeakMap<object, Problem>();

/** Why a connection was refused while a request came over it, or null. */
export function whyRefused(socket: Socket): Problem | null {
  return refused.get(socket) ?? null;
}

/**
 * Refuses what cannot be read as a request: with an answer, where there is still somebody to answer, and with a record.
 * Who breaks off before its head is whole, or never says a word, is refused nothing, and is not told of.
 */
export function refuse(error: ReadError, socket: Socket, parts: Parts): void {
  if (isLingering(socket) || refused.has(socket)) return; // what comes behind garbage is garbage, too
  const problem = new Problem(codeOf(error.code), error.message);
  const isSilent = problem.code === 'REQUEST_SLOW' && socket.bytesRead === 0;
  if (!isSilent && !hasLeft(error.code)) {
    refused.set(socket, problem);
    if (!isReceiving(socket)) recordRefusal(problem, socket.remoteAddress, parts);
  }
  const answering = lastOpenAnswer(socket);
  // Who has not got so far as to speak TLS with us cannot be told anything.
  if (!socket.writable || isSilent || problem.code === 'NOT_TLS' || error.code === 'ECONNRESET')
    socket.destroy();
  else if (answering === null) say(problem, socket);
  // Garbage behind a good request must not spoil the answer that is on its way.
  else answering.once('close', () => say(problem, socket));
}

/** Records a connection that no request was read from. */
export function recordRefusal(problem: Problem, address: string | undefined, parts: Parts): void {
  const client = originOf({ address, isEncrypted: false }, [], []).address;
  parts.record(
    refusalOf({ id: parts.newId(), method: '', client, problem, elapsedMs: 0, clientLeft: false }),
  );
}

/** The record of what went no further than the door. */
export function refusalOf(
  what: Pick<ExchangeRecord, 'id' | 'method' | 'problem' | 'elapsedMs' | 'clientLeft'> & { client: string },
): ExchangeRecord {
  return {
    ...untold,
    path: '',
    route: '(refused)',
    revision: 0,
    upstream: 'legacy',
    lane: 'pass',
    served: 'none',
    why: 'it went no further than the door',
    status: what.problem?.status ?? 0,
    ...what,
  };
}

function say(problem: Problem, socket: Socket): void {
  if (isLingering(socket) || !socket.writable) return;
  const body = `${problem.sentence}\n`;
  socket.write(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  linger(socket);
}

function hasLeft(code: string | undefined): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'HPE_INVALID_EOF_STATE';
}

function codeOf(code = ''): ProblemCode {
  if (code === 'CONNECT') return 'METHOD_REFUSED';
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_SLOW';
  return /^ERR_(?:SSL|TLS)_/.test(code) ? 'NOT_TLS' : 'NOT_HTTP';
}
