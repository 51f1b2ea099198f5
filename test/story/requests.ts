/** What stands for the target of a request that is meant to be one; `test/story/24-hostile-requests` puts it in. */
export const target = '/LANE/ask/NUMBER/';

/** What no reader of HTTP may take for a request. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n';

/**
 * What must become of a request: `passes`, every request in it is answered by legacy; `refused`, one answer of the
 * gateway's, and legacy hears nothing; `any`, at most one answer for each, and legacy hears no more than is answered.
 */
export type Due = 'passes' | 'refused' | 'any';

/** A request, or several behind each other, and what becomes of them. */
export interface Odd {
  readonly bytes: string;
  readonly due: Due;
  /** How many requests a strict reader finds in it. */
  readonly meant: number;
  /** What legacy must be told, and must not: a line of its head each, in lower case. */
  readonly told?: readonly string[];
  readonly untold?: readonly string[];
  /** The body that legacy must be given with the first of them. */
  readonly body?: string;
  /** Whether nothing can follow on the connection: it is HTTP/1.0, or says that it is over, or is not complete. */
  readonly isLast?: boolean;
  readonly method?: string;
}

/** What may be said of a request besides its bytes. */
export type More = Omit<Partial<Odd>, 'bytes' | 'due'>;

const host = 'Host: shop.test\r\n';

/** Bytes, and what becomes of them. */
export function odd(bytes: string, due: Due, more: More = {}): Odd {
  return { bytes, due, meant: 1, ...more };
}

/** A GET with these lines besides. */
export function get(lines: string, due: Due, more: More = {}): Odd {
  return odd(`GET ${target}1 HTTP/1.1\r\n${host}${lines === '' ? '' : `${lines}\r\n`}\r\n`, due, more);
}

/** A POST with these lines, and these bytes behind its head. */
export function post(lines: string, body: string, due: Due, more: More = {}): Odd {
  return odd(`POST ${target}1 HTTP/1.1\r\n${host}${lines}\r\n\r\n${body}`, due, more);
}
