import { unescapeBytes } from './unescape.ts';

/** Finds a field in a form that comes in pieces. */
export interface FieldFinder {
  /** Takes the next piece; true when it needs no more. */
  push(chunk: Buffer): boolean;
  /** The first value of the field, one character a byte; null where none was found in what was pushed. */
  end(): string | null;
}

/** A value is read so far: whoever asks knows by then that it is none it wants. */
const longestValue = 1024;
/** CGI.pm takes a part's header whole; one that is longer than this is nobody's. */
const longestHeader = 10_240;

/** How a body of a content type is searched for a field, as CGI.pm 4.55 reads it; null for a body that is no form. */
export function findField(contentType: string | null, name: string): FieldFinder | null {
  if (contentType === null || contentType.startsWith('application/x-www-form-urlencoded'))
    return new UrlencodedField(name);
  if (!contentType.startsWith('multipart/form-data')) return null;
  const boundary = /boundary="?([^";,]+)"?/.exec(contentType)?.[1];
  return new MultipartField(boundary === undefined ? null : `--${boundary}`, name);
}

class UrlencodedField implements FieldFinder {
  readonly #name: string;
  /** The pair that is not complete; no more of it than is needed. */
  #pair = '';
  #value: string | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  push(chunk: Buffer): boolean {
    const [first = '', ...more] = chunk.toString('latin1').split(/[&;]/);
    this.#take(first);
    for (const part of more) {
      if (this.end() !== null) return true;
      this.#pair = '';
      this.#take(part);
    }
    return false;
  }

  end(): string | null {
    if (this.#value !== null) return this.#value;
    const equals = this.#pair.indexOf('=');
    const name = equals === -1 ? this.#pair : this.#pair.slice(0, equals);
    if (this.#pair === '' || unescapeBytes(name) !== this.#name) return null;
    this.#value = equals === -1 ? '' : unescapeBytes(this.#pair.slice(equals + 1));
    return this.#value;
  }

  /** Every byte may be written in three. */
  #take(text: string): void {
    const most = 3 * (longestValue + this.#name.length);
    this.#pair += text.slice(0, most - this.#pair.length);
  }
}

class MultipartField implements FieldFinder {
  /** Null until it is known: where the type names none, CGI.pm takes the first line for it. */
  #delimiter: string | null;
  readonly #name: string;
  #state: 'between' | 'header' | 'value' | 'done' = 'between';
  #text = '';
  #value: string | null = null;

  constructor(delimiter: string | null, name: string) {
    this.#delimiter = delimiter;
    this.#name = name;
  }

  push(chunk: Buffer): boolean {
    this.#text += chunk.toString('latin1');
    const delimiter = (this.#delimiter ??= this.#firstLine());
    while (delimiter !== null && this.#state !== 'done' && this.#step(delimiter));
    return this.#state === 'done';
  }

  end(): string | null {
    return this.#value;
  }

  /** Goes on in what is there; false where more is needed. */
  #step(delimiter: string): boolean {
    if (this.#state === 'header') return this.#readHeader();
    const at = this.#text.indexOf(delimiter);
    if (this.#state === 'value') return this.#readValue(at, delimiter);
    if (at === -1) {
      this.#text = this.#text.slice(1 - delimiter.length);
      return false;
    }
    this.#text = this.#text.slice(at + delimiter.length);
    this.#state = this.#text.startsWith('--') ? 'done' : 'header';
    return true;
  }

  #firstLine(): string | null {
    const end = this.#text.indexOf('\r\n');
    if (end === -1 && this.#text.length > longestHeader) this.#state = 'done';
    return end <= 0 ? null : this.#text.slice(0, end);
  }

  #readHeader(): boolean {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#text.length > longestHeader) this.#state = 'done';
      return false;
    }
    const disposition = dispositionIn(this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 4);
    this.#state = 'between';
    if (/[\s;]name="?([^";]*)"?/.exec(disposition)?.[1] !== this.#name) return true;
    // A file's handle is its name, wherever it is used as text.
    const file =
      / filename=("[^"]*"|[a-z\d!#'*+,.^_`{}|~]*)/i.exec(disposition)?.[1]?.replace(/^"(.*)"$/s, '$1') ?? '';
    if (file === '') this.#state = 'value';
    else this.#finish(file);
    return true;
  }

  #readValue(end: number, delimiter: string): boolean {
    if (end === -1 && this.#text.length < longestValue + delimiter.length) return false;
    this.#finish(this.#text.slice(0, end === -1 ? longestValue : Math.max(0, end - 2))); // CRLF is the delimiter's
    return false;
  }

  #finish(value: string): void {
    this.#value = value.slice(0, longestValue);
    this.#state = 'done';
    this.#text = '';
  }
}

/** The Content-Disposition of a part: the last one, and only where its name's words begin with capitals, or none does. */
function dispositionIn(header: string): string {
  let found = '';
  for (const line of header.replace(/\r\n\s+/g, ' ').split('\r\n')) {
    const field = /^([-\w!#$%&'*+.^_`|~]+):\s+(.*)/.exec(line);
    if (field?.[1]?.replace(/\b\w/g, (letter) => letter.toUpperCase()) === 'Content-Disposition')
      found = field[2] ?? '';
  }
  return found;
}
