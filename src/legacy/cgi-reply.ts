import { Problem } from '../errors.ts';
import { withoutFields } from '../exchange/headers.ts';

/** What a script said before its body. */
export interface CgiHead {
  readonly status: number;
  /** Empty where the script has not said one. */
  readonly reason: string;
  /** Name, value, name, value. */
  readonly headers: string[];
  /** A path on this server that is to answer in the script's place, or null. */
  readonly instead: string | null;
  /** Another address that the visitor is sent to, with a page that is ours to write; or null. */
  readonly movedTo: string | null;
}

/** The most a script may say before its body; a cookie jar of 18 kB has been seen (promises.md 2a). */
const mostBytes = 65_536;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads the head of a script's answer as it comes in. Give it every chunk until it returns a head and what is left of
 * the last chunk. Throws Problem SCRIPT_ANSWER: what Apache calls malformed (perl.md 7.3).
 */
export class CgiHeadReader {
  readonly #isRaw: boolean;
  #text = '';
  #seen = 0;

  /** `isRaw`: an nph script says its own status line, and all it says is passed on. */
  constructor(isRaw: boolean) {
    this.#isRaw = isRaw;
  }

  read(chunk: Buffer): { head: CgiHead; rest: Buffer } | null {
    const from = this.#text.length;
    this.#text += chunk.toString('latin1', 0, mostBytes - from);
    const end = this.#endOfHead();
    if (end === null) {
      if (this.#text.length >= mostBytes) throw malformed('its head does not end within 64 kB');
      return null;
    }
    const lines = this.#text
      .slice(0, end)
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/\r$/, ''));
    const rest = chunk.subarray(end - from);
    return { head: this.#isRaw ? rawHead(lines) : headOf(lines), rest };
  }

  /** Where the body begins, or null: behind the first empty line. Looks at every line once. */
  #endOfHead(): number | null {
    for (;;) {
      const newline = this.#text.indexOf('\n', this.#seen);
      if (newline === -1) return null;
      const length = newline - this.#seen;
      if (length === 0 || (length === 1 && this.#text[this.#seen] === '\r')) {
        return newline + 1;
      }
      this.#seen = newline + 1;
    }
  }
}

function malformed(why: string): Problem {
  return new Problem('SCRIPT_ANSWER', `the script's answer cannot be read: ${why}`);
}

/** The fields between; without the empty line that ends them. */
function fieldsOf(lines: readonly string[]): [name: string, value: string][] {
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [];
      if (!token.test(name)) throw malformed(`"${line.slice(0, 80)}" is not a header field`);
      // eslint-disable-next-line no-control-regex
      if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) throw malformed(`a control character stands in ${name}`);
      return [name, value];
    });
}

/** Fields that speak of the connection to a client, which a script does not have. */
const ofTheWay = ['connection', 'keep-alive', 'transfer-encoding', 'trailer', 'content-length'];
/** Fields that the server which sends the answer says itself. */
const ours = new Set([...ofTheWay, 'status', 'date', 'server']);
/** Fields of which the last one counts. */
const single = new Set(['content-type', 'location', 'content-range', 'etag', 'last-modified']);

function headOf(lines: readonly string[]): CgiHead {
  const fields = fieldsOf(lines);
  const said = statusOf(lastOf(fields, 'status'));
  const headers = merged(fields);
  // "If a script wants to produce its own redirect body, it has to say Status: 302" (Apache's mod_cgi).
  const place = said.status === 200 ? lastOf(fields, 'location') : null;
  if (place === null || place.startsWith('/')) return { ...said, headers, instead: place, movedTo: null };
  return { status: 302, reason: 'Found', headers, instead: null, movedTo: place };
}

function lastOf(fields: readonly [string, string][], name: string): string | null {
  return fields.findLast(([field]) => field.toLowerCase() === name)?.[1] ?? null;
}

/** `404 Nope`: number and words. */
function statusOf(said: string | null): { status: number; reason: string } {
  const [, digits = '0', reason = ''] = /^(\d+)(?: +(.+))?/.exec(said ?? '200') ?? [];
  const status = Number(digits);
  return status >= 200 && status <= 999 ? { status, reason } : { status: 500, reason: '' };
}

/** Set-Cookie fields stay apart; of others that came several times Apache makes one. */
function merged(fields: readonly [string, string][]): string[] {
  const headers: string[] = [];
  const at = new Map<string, number>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (ours.has(lower)) continue;
    const read = readByServer[lower];
    const said = read === undefined ? value : read.valueOf(value);
    if (said === null) continue;
    const before = lower === 'set-cookie' ? undefined : at.get(lower);
    if (before === undefined) {
      at.set(lower, headers.length + 1);
      headers.push(read?.name ?? name, said);
    } else headers[before] = single.has(lower) ? said : `${headers[before]}, ${said}`;
  }
  return headers;
}

/** What Apache reads itself, and writes in its own way. */
const readByServer: Readonly<Record<string, { name: string; valueOf: (value: string) => string | null }>> = {
  'content-type': { name: 'Content-Type', valueOf: typeInLowerCase },
  'last-modified': { name: 'Last-Modified', valueOf: dateOfHttp },
};

/** `5 Apr 2003 06:07:08 +0000` as browsers know dates; null where it is none. One without a zone is in GMT. */
function dateOfHttp(value: string): string | null {
  const date = new Date(/(?:[A-Z]{3}|[+-]\d{4})$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(date.getTime()) ? null : date.toUTCString();
}

/** `TEXT/HTML; charset=X` as Apache writes it. */
function typeInLowerCase(value: string): string {
  return value.replace(/^[^;]*/, (type) => type.toLowerCase());
}

/** What an nph script said: all of it stands, but for what speaks of the connection. */
function rawHead([statusLine = '', ...lines]: readonly string[]): CgiHead {
  const [, digits, reason = ''] = /^HTTP\/\d(?:\.\d)? +(\d{3})(?: +(.*))?$/.exec(statusLine) ?? [];
  const status = Number(digits);
  if (digits === undefined || status < 200)
    throw malformed(`"${statusLine.slice(0, 80)}" is not a status line`);
  const headers = withoutFields(fieldsOf(lines).flat(), ofTheWay);
  return { status, reason, headers, instead: null, movedTo: null };
}
