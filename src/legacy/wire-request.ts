import { Problem } from '../errors.ts';
import type { LegacyRequest } from './transport.ts';

const noToken = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;
const noTarget = /[^\x21-\x7e\x80-\xff]/;
const noValue = /[^\t\x20-\x7e\x80-\xff]/;
/** A request with one of these and no body says so: scripts ask whether there is a length (RFC 9110 section 8.6). */
const mayHaveBody = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/**
 * The head of a request, one character a byte. Throws NOT_HTTP for what would end a line before its time, or would be
 * sent as another byte than it is. Nothing is said of the connection: HTTP/1.1 keeps it.
 */
export function requestHead({ method, target, headers, lengthBytes }: LegacyRequest): string {
  if (method === '' || noToken.test(method) || target === '' || noTarget.test(target)) throw improper(target);
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name === '' || noToken.test(name) || noValue.test(value)) throw improper(`${name}: ${value}`);
    head += `${name}: ${value}\r\n`;
  }
  if (lengthBytes > 0 || mayHaveBody.has(method)) head += `Content-Length: ${lengthBytes}\r\n`;
  return `${head}\r\n`;
}

function improper(what: string): Problem {
  return new Problem('NOT_HTTP', `the request cannot be passed on: ${JSON.stringify(what.slice(0, 200))}`);
}
