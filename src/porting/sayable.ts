import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import type { PortAnswer } from './define.ts';

/** Said by whoever sends the answer, never by a port. */
const notForPorts = /^(?:content-length|transfer-encoding|connection|keep-alive|banyan-.*)$/i;
/** Statuses whose answers have no body (RFC 9110 sections 15.3.5 and 15.4.5). */
export const bodiless: ReadonlySet<number> = new Set([204, 304]);

/**
 * Throws TypeError where an answer could not be sent as HTTP. It is asked *before* the commit: an answer that turns out
 * to be none afterwards would leave a trace, and legacy would do the work a second time.
 */
export function refuseUnsayable(answer: unknown): asserts answer is PortAnswer {
  if (typeof answer !== 'object' || answer === null) throw new TypeError('the port did not return an answer');
  const { status, headers, body } = answer as Partial<Record<keyof PortAnswer, unknown>>;
  if (!Number.isInteger(status) || Number(status) < 200 || Number(status) > 999) {
    throw new TypeError(`the port's status ${String(status)} is none`);
  }
  if (!Buffer.isBuffer(body) && !(body instanceof Readable))
    throw new TypeError("the port's answer has no body; an empty one is Buffer.alloc(0)");
  if (bodiless.has(Number(status)) && !(Buffer.isBuffer(body) && body.length === 0))
    throw new TypeError(`a ${String(status)} has no body`);
  if (!Array.isArray(headers) || headers.length % 2 !== 0) {
    throw new TypeError("the port's headers are not a list of name, value, name, value");
  }
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [String(headers[i]), String(headers[i + 1])];
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (notForPorts.test(name)) throw new TypeError(`the field ${name} is not for a port to say`);
  }
}
