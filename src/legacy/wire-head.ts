import { Problem } from '../errors.ts';
import { withoutFields } from '../exchange/headers.ts';

/** How the end of a body is told: after so many bytes, by its chunks, or by the end of the connection. */
export type Framing = number | 'chunked' | 'close';

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** Name, value, name, value; without what no client may be sent. */
  readonly fields: string[];
  readonly framing: Framing;
  /** How long the connection may wait for another request afterwards; 0 where it ends with this answer. */
  readonly keptMs: number;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const value = '[\\t\\x20-\\x7e\\x80-\\xff]*';

/**
 * A head whose lines end like this, to the letter of RFC 9112 section 2 to 5, but for odd bytes in the reason phrase: no
 * space before a colon, no folded field, no bare CR. Of other versions, those that llhttp reads too.
 */
function headEndingIn(lineEnd: string): RegExp {
  const status = `HTTP/(0\\.9|1\\.[01]|2\\.0) ([1-9][0-9]{2})(?: ([^\\r\\n]*))?`;
  return new RegExp(`^${status}${lineEnd}((?:${token}:${value}${lineEnd})*)${lineEnd}$`);
}
const usual = headEndingIn('\\r\\n');
/** As `nph-` scripts print it, which Apache passes on as it is. All lines end so, or none: a mixture can be read in two ways. */
const unixy = headEndingIn('\\n');
const trailer = new RegExp(`^${token}:${value}\\r\\n$`);

/** More fields than this are refused, as Node does it with those of requests. */
const mostFields = 2_000;

/** Why legacy's answer is not read on. */
export function broke(why: string): Problem {
  return new Problem('LEGACY_BROKE', `legacy's answer could not be read: ${why}`);
}

/** Reads a head, with its empty line at the end, one character a byte. Throws LEGACY_BROKE. */
export function readHead(text: string, method: string): AnswerHead {
  const found = usual.exec(text) ?? unixy.exec(text);
  if (found === null) throw broke(`its head is no HTTP: ${JSON.stringify(text.slice(0, 200))}`);
  const [, version = '', digits, reason = '', lines = ''] = found;
  const fields = splitFields(lines);
  const status = Number(digits);
  const { length, coding, option, timeoutMs } = aboutTheConnection(fields);
  const isUnixy = text.endsWith('\n\n');
  if (coding !== null && isUnixy) throw broke('chunks behind lines that end in LF alone');
  const isBare = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const framing = isBare ? 0 : coding === 'chunked' ? 'chunked' : (length ?? 'close');
  const isKept =
    !isUnixy &&
    framing !== 'close' &&
    (version === '1.1' ? option !== 'close' : version === '1.0' && option === 'keep' && coding === null);
  return {
    status,
    // Node sends latin-1, and refuses everything else.
    reason: reason.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'),
    // A 204 has no length, not even 0 (RFC 9110 section 8.6).
    fields: status === 204 ? withoutFields(fields, ['content-length']) : fields,
    framing,
    keptMs: isKept ? timeoutMs : 0,
  };
}

/** Whether a line is a proper field, with its CRLF: of the trailers, which are dropped. */
export function isTrailer(line: string): boolean {
  return trailer.test(line);
}

/** Blanks at the end of a value are no part of it (RFC 9110 section 5.5); they are passed on all the same, as they came. */
function splitFields(lines: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const lineEnd = lines.indexOf('\n', colon);
    let [from, to] = [colon + 1, lineEnd];
    if (lines.charCodeAt(to - 1) === 0x0d) to--;
    while (from < to && isBlank(lines.charCodeAt(from))) from++;
    fields.push(lines.slice(at, colon), lines.slice(from, to));
    at = lineEnd + 1;
  }
  if (fields.length > 2 * mostFields) throw broke(`it has ${fields.length / 2} fields`);
  return fields;
}

function isBlank(character: number): boolean {
  return character === 0x20 || character === 0x09;
}

interface AboutTheConnection {
  length: number | null;
  coding: 'chunked' | 'identity' | null;
  option: 'close' | 'keep' | null;
  timeoutMs: number;
}

/** What the fields say of the connection. Two lengths, or one beside a coding, are how one answer becomes two. */
function aboutTheConnection(fields: readonly string[]): AboutTheConnection {
  const about: AboutTheConnection = { length: null, coding: null, option: null, timeoutMs: Infinity };
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length !== 14 && name.length !== 17 && name.length !== 10) continue;
    const value = (fields[i + 1] as string).replace(/[\t ]+$/, '');
    switch (name.toLowerCase()) {
      case 'content-length':
        if (about.length !== null) throw broke('it has two lengths');
        about.length = lengthOf(value);
        break;
      case 'transfer-encoding':
        if (about.coding !== null) throw broke('it has two transfer codings');
        about.coding = codingOf(value.toLowerCase());
        break;
      case 'connection':
        about.option = optionOf(value.toLowerCase()) ?? about.option;
        break;
      case 'keep-alive':
        about.timeoutMs = timeoutOf(value);
    }
  }
  if (about.length !== null && about.coding !== null) throw broke('it has a length beside a transfer coding');
  return about;
}

function lengthOf(value: string): number {
  const length = /^[0-9]+$/.test(value) ? Number(value) : NaN;
  if (Number.isSafeInteger(length)) return length;
  throw broke(`it has the length ${JSON.stringify(value)}`);
}

/** Others are refused: the client would be given the bytes without being told of what was done to them, as in nginx. */
function codingOf(value: string): 'chunked' | 'identity' {
  if (value === 'chunked' || value === 'identity') return value;
  throw broke(`it has the transfer coding ${JSON.stringify(value)}`);
}

function optionOf(value: string): 'close' | 'keep' | null {
  if (value === 'keep-alive') return 'keep';
  const options = value.split(',').map((option) => option.trim());
  if (options.includes('close')) return 'close';
  return options.includes('keep-alive') ? 'keep' : null;
}

/** A second less than legacy says, for the way. */
function timeoutOf(value: string): number {
  const seconds = /(?:^|[\s,;])timeout=([0-9]+)/i.exec(value)?.[1];
  return seconds === undefined ? Infinity : Math.max(0, Number(seconds) - 1) * 1000;
}
