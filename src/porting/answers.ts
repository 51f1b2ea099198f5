import { AsyncLocalStorage } from 'node:async_hooks';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import send from '@fastify/send';
import type { PortAnswer } from './define.ts';
import { print } from './perl.ts';

/** What every answer may say besides its text. */
export interface AnswerOptions {
  /** 200 where it is not said. */
  readonly status?: number;
  /** Set-Cookie values, each a field of its own. */
  readonly cookies?: readonly string[];
  /** Further fields: name, value. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `iso-8859-1` (the default, as CGI.pm has it) or `utf-8`. */
  readonly charset?: 'iso-8859-1' | 'utf-8';
}

/** What the `html` tag makes: text that is HTML, and can stand in another template as it is. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What can stand in an `html` template: nothing for null and undefined, the parts of a list one behind the other. */
export type HtmlPart = Html | string | number | null | undefined | readonly HtmlPart[];

/**
 * As a tag, HTML out of text: `` html`<td>${title}</td>` `` escapes `&`, `<`, `>`, `"` and `'` in what is put in, prints
 * numbers as Perl does, and leaves alone what another `html` has made.
 *
 * As a function, a page. Characters the character set lacks become `&#…;`, so that nothing is lost.
 */
export function html(pieces: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html;
export function html(page: string | Html, options?: AnswerOptions): PortAnswer;
export function html(
  first: TemplateStringsArray | string | Html,
  ...rest: readonly (HtmlPart | AnswerOptions)[]
): Html | PortAnswer {
  if (typeof first === 'string' || first instanceof Html)
    return htmlPage(String(first), rest[0] as AnswerOptions | undefined);
  const parts = rest as readonly HtmlPart[];
  return new Html(first.map((piece, at) => piece + escapedPart(parts[at])).join(''));
}

function escapedPart(part: HtmlPart): string {
  if (part instanceof Html) return part.toString();
  if (Array.isArray(part)) return (part as readonly HtmlPart[]).map(escapedPart).join('');
  if (typeof part === 'object' && part !== null)
    throw new TypeError(
      `an html template takes texts, numbers, other templates and lists of them, and no ${kindOf(part)}`,
    );
  return escapeHtml(print(part ?? null)).replaceAll("'", '&#39;');
}

function kindOf(thing: object): string {
  return thing.constructor?.name ?? 'object';
}

/** HTML that came out of a template of the old site or the database as such: it is put in unescaped. */
export function trustedHtml(text: string): Html {
  return new Html(text);
}

function htmlPage(text: string, options: AnswerOptions = {}): PortAnswer {
  const charset = options.charset ?? 'iso-8859-1';
  const body = charset === 'utf-8' ? Buffer.from(text, 'utf8') : Buffer.from(asEntities(text), 'latin1');
  return answer(body, `text/html; charset=${charset === 'utf-8' ? 'utf-8' : 'ISO-8859-1'}`, options);
}

/** Plain text. Characters the character set lacks become `?`. */
export function text(content: string, options: AnswerOptions = {}): PortAnswer {
  const charset = options.charset ?? 'iso-8859-1';
  const body =
    charset === 'utf-8'
      ? Buffer.from(content, 'utf8')
      : Buffer.from(content.replace(/[^\0-\xff]/gu, '?'), 'latin1');
  return answer(body, `text/plain; charset=${charset === 'utf-8' ? 'utf-8' : 'ISO-8859-1'}`, options);
}

/** A value as JSON, in UTF-8. */
export function json(value: unknown, options: Omit<AnswerOptions, 'charset'> = {}): PortAnswer {
  return answer(Buffer.from(JSON.stringify(value), 'utf8'), 'application/json', options);
}

/** Sends the visitor elsewhere: 302 with an empty body, as CGI.pm's redirect() does. */
export function redirect(location: string, options: AnswerOptions = {}): PortAnswer {
  return {
    status: options.status ?? 302,
    headers: ['Location', location, ...fields(options)],
    body: Buffer.alloc(0),
  };
}

/** Text made safe between tags and in double-quoted attributes: `&`, `<`, `>`, `"`. */
export function escapeHtml(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/**
 * What is made piece by piece, such as a long report: it is sent as it comes, after the commit. A piece of text is one
 * character a byte. Whatever it needs of the database is to be read before.
 */
export function stream(
  pieces: Readable | Pieces,
  type: string,
  options: Omit<AnswerOptions, 'charset'> = {},
): PortAnswer {
  const body =
    pieces instanceof Readable ? pieces : Readable.from(bytesOf(madeHere(pieces)), { objectMode: false });
  return { status: options.status ?? 200, headers: [...fields(options), 'Content-Type', type], body };
}

type Pieces = AsyncIterable<string | Buffer> | Iterable<string | Buffer>;

async function* bytesOf(pieces: Pieces): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
}

/** Has pieces made where they were asked for: what they leave behind is known to be of this request. */
function madeHere(pieces: Pieces): AsyncIterable<string | Buffer> {
  const here = AsyncLocalStorage.snapshot();
  const iterator =
    Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  const next = async () => here(() => iterator.next());
  const end = async () => (await here(() => iterator.return?.())) ?? { done: true, value: undefined };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

/** A file of the disk. Rejects where there is none, so that legacy answers. `type` is found by the name's ending where it is not said. */
export async function file(
  path: string,
  options: Omit<AnswerOptions, 'charset'> & { readonly type?: string } = {},
): Promise<PortAnswer> {
  const handle = await open(path);
  const found = await handle.stat();
  if (!found.isFile()) {
    await handle.close();
    throw new TypeError(`${path} is no file`);
  }
  const type = options.type ?? send.mime.getType(path) ?? 'application/octet-stream';
  return { ...stream(handle.createReadStream(), type, options), lengthBytes: found.size };
}

function answer(body: Buffer, type: string, options: AnswerOptions): PortAnswer {
  return { status: options.status ?? 200, headers: [...fields(options), 'Content-Type', type], body };
}

function fields(options: AnswerOptions): string[] {
  const list: string[] = [];
  for (const cookie of options.cookies ?? []) list.push('Set-Cookie', cookie);
  for (const [name, value] of Object.entries(options.headers ?? {})) list.push(name, value);
  return list;
}

function asEntities(content: string): string {
  return content.replace(/[^\0-\xff]/gu, (character) => `&#${character.codePointAt(0)};`);
}
