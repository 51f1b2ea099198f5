import { Problem } from '../errors.ts';

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

/** Fields that speak of the way, not of the page: the server that sends the answer says its own. */
const ours = new Set([
  'status',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'date',
  'server',
  'trailer',
]);
/** Fields of which the last one counts. */
const single = new Set(['content-type', 'location', 'content-range', 'etag', 'last-modified']);

function headOf(lines: readonly string[]): CgiHead {
  const fields = fieldsOf(lines);
  const saidStatus = lastOf(fields, 'status');
  const location = lastOf(fields, 'location');
  const { status, reason } = statusOf(saidStatus, location);
  const isLocal = location !== null && location.startsWith('/') && status === 200;
  // "If a script wants to produce its own redirect body, it has to say Status: 302" (Apache's mod_cgi).
  const isBare = location !== null && status === 302 && Number(saidStatus?.slice(0, 3) ?? 200) === 200;
  return {
    status,
    reason,
    headers: merged(fields),
    instead: isLocal ? location : null,
    movedTo: isBare ? location : null,
  };
}

function lastOf(fields: readonly [string, string][], name: string): string | null {
  return fields.findLast(([field]) => field.toLowerCase() === name)?.[1] ?? null;
}

/** `404 Nope`: number and words. A Location alone means 302, unless it is a path of this server. */
function statusOf(said: string | null, location: string | null): { status: number; reason: string } {
  const number = said === null ? 200 : Number(/^\d+/.exec(said)?.[0] ?? 0);
  if (number === 200 && location !== null && !location.startsWith('/'))
    return { status: 302, reason: 'Found' };
  const status = number >= 200 && number <= 999 ? number : 500;
  return {
    status,
    reason: status === 500 && number !== 500 ? '' : (/^\d+ +(.+)$/.exec(said ?? '')?.[1] ?? ''),
  };
}

/** Set-Cookie fields stay apart; of others that came several times Apache makes one. */
function merged(fields: readonly [string, string][]): string[] {
  const headers: string[] = [];
  const at = new Map<string, number>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (ours.has(lower)) continue;
    const before = lower === 'set-cookie' ? undefined : at.get(lower);
    if (before === undefined) {
      at.set(lower, headers.length + 1);
      headers.push(name, lower === 'content-type' ? typeInLowerCase(value) : value);
    } else headers[before] = single.has(lower) ? value : `${headers[before]}, ${value}`;
  }
  return headers;
}

/** `TEXT/HTML; charset=X` as Apache writes it. */
function typeInLowerCase(value: string): string {
  return value.replace(/^[^;]*/, (type) => type.toLowerCase());
}

/** What an nph script said: all of it stands, but for what speaks of the connection to a client it does not have. */
function rawHead([statusLine = '', ...lines]: readonly string[]): CgiHead {
  const [, digits, reason = ''] = /^HTTP\/\d(?:\.\d)? +(\d{3})(?: +(.*))?$/.exec(statusLine) ?? [];
  const status = Number(digits);
  if (digits === undefined || status < 200)
    throw malformed(`"${statusLine.slice(0, 80)}" is not a status line`);
  const headers = fieldsOf(lines).filter(
    ([name]) => !/^(?:connection|keep-alive|transfer-encoding|trailer|content-length)$/i.test(name),
  );
  return { status, reason, headers: headers.flat(), instead: null, movedTo: null };
}
