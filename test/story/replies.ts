import type { Step } from '../helpers/scripted-upstream.ts';

/**
 * What a client must get for a reply. A status and a body: as legacy said it. `refused`: a 502. `cut`: legacy's head,
 * and then visibly not all of its body; or a 502, where the head had not gone yet. `any`: one proper answer, whichever.
 */
export type Due = { readonly status: number; readonly body: string } | 'refused' | 'cut' | 'any';

/** A reply of the old application, and what becomes of it. */
export interface Reply {
  readonly what: string;
  readonly method: string;
  readonly steps: readonly Step[];
  readonly due: Due;
  /** Lines of its head that the client must be told, and must not. */
  readonly told?: readonly string[];
  readonly untold?: readonly string[];
}

/** The first line of a usual reply. */
export const ok = 'HTTP/1.1 200 OK\r\n';
/** The framing of a body that is `ok`. */
export const two = 'Content-Length: 2\r\n';
/** The other framing. */
export const chunked = 'Transfer-Encoding: chunked\r\n';
/** What becomes of a usual reply. */
export const page: Due = { status: 200, body: 'ok' };

/** A reply in one piece, after which legacy closes. */
export function reply(bytes: string, due: Due, method = 'GET'): Reply {
  const shown = JSON.stringify(bytes.length > 200 ? `${bytes.slice(0, 200)}…` : bytes);
  return { what: `${method}: ${shown}`, method, steps: [{ send: bytes }, 'close'], due };
}

/** A usual reply with another first line. */
export function first(line: string, due: Due): Reply {
  return reply(`${line}\r\n${two}\r\nok`, due);
}

/** A usual reply with one field more, before the others. */
export function field(line: string, due: Due): Reply {
  return reply(`${ok}${line}\r\n${two}\r\nok`, due);
}

/** A reply with this framing and body. */
export function framed(head: string, body: string, due: Due): Reply {
  return reply(`${ok}${head}\r\n\r\n${body}`, due);
}

/** A reply in these chunks. */
export function chunks(body: string, due: Due): Reply {
  return reply(`${ok}${chunked}\r\n${body}`, due);
}
