/** A message as it came over the wire: read by the letter of RFC 9112, with none of the leniency of a real parser. */
export interface Message {
  readonly startLine: string;
  /** Name, value, name, value. */
  readonly fields: readonly string[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** One character each byte; without the framing. */
  readonly body: string;
  /** Every byte, one character each. */
  readonly bytes: string;
}

/** Something that no proper message holds. */
export class NotStrict extends Error {}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^(${token}) ([\\x21-\\x7e\\x80-\\xff]+) HTTP/1\\.1$`);
const statusLine = /^HTTP\/1\.1 ([1-9]\d\d) [\t\x20-\x7e\x80-\xff]*$/;
const fieldLine = new RegExp(`^(${token}):[ \\t]*(|[\\x21-\\x7e\\x80-\\xff](?:.*[^ \\t])?)[ \\t]*$`);

/** Every value of a field; `name` in lower case. */
export function valuesOf({ fields }: Pick<Message, 'fields'>, name: string): string[] {
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === name);
}

/** Reads a request from the beginning of what has come. Null where it is not complete; throws NotStrict. */
export function readRequest(bytes: string): Message | null {
  const head = readHead(bytes, requestLine);
  if (head === null) return null;
  if (valuesOf(head, 'host').length !== 1) throw new NotStrict('a request without one Host field');
  const framing = framingOf(head);
  return readBody(bytes, head, framing === 'close' ? 'none' : framing, false);
}

/** Reads an answer; to which method matters. `isOver` says that no byte will follow. */
export function readAnswer(bytes: string, method: string, isOver: boolean): Message | null {
  const head = readHead(bytes, statusLine);
  if (head === null) return null;
  const status = statusOf(head);
  const framing = framingOf(head);
  if ((status < 200 || status === 204) && framing !== 'close')
    throw new NotStrict(`${status} with a body's framing (RFC 9110 section 8.6, RFC 9112 section 6.1)`);
  const isBare = status < 200 || status === 204 || status === 304 || method === 'HEAD';
  return readBody(bytes, head, isBare ? 'none' : framing, isOver);
}

/** The status of an answer. */
export function statusOf({ startLine }: Pick<Message, 'startLine'>): number {
  return Number(startLine.slice(9, 12));
}

interface Head {
  readonly startLine: string;
  readonly fields: string[];
  readonly lengthBytes: number;
}

function readHead(bytes: string, startLinePattern: RegExp): Head | null {
  const end = bytes.indexOf('\r\n\r\n');
  const head = end === -1 ? bytes : bytes.slice(0, end);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|$)|(?<!\r)\n/.test(head))
    throw new NotStrict(`a control character in the head: ${JSON.stringify(head)}`);
  if (end === -1) return null;
  const [startLine = '', ...lines] = head.split('\r\n');
  if (!startLinePattern.test(startLine)) throw new NotStrict(`first line ${JSON.stringify(startLine)}`);
  const fields = lines.flatMap((line) => {
    const field = fieldLine.exec(line);
    if (field === null) throw new NotStrict(`field ${JSON.stringify(line)}`);
    return [field[1] as string, field[2] as string];
  });
  return { startLine, fields, lengthBytes: end + 4 };
}

function framingOf(head: Head): Message['framing'] {
  const lengths = valuesOf(head, 'content-length');
  const encodings = valuesOf(head, 'transfer-encoding');
  if (lengths.length + encodings.length > 1) throw new NotStrict(`two framings: ${head.fields.join(' ')}`);
  if (encodings.length === 1 && encodings[0] !== 'chunked') throw new NotStrict(`encoding ${encodings[0]}`);
  if (lengths.length === 1 && !/^\d{1,19}$/.test(lengths[0] as string))
    throw new NotStrict(`length ${lengths[0]}`);
  if (encodings.length === 1) return 'chunked';
  return lengths.length === 1 ? 'length' : 'close';
}

function readBody(bytes: string, head: Head, framing: Message['framing'], isOver: boolean): Message | null {
  const { startLine, fields, lengthBytes: start } = head;
  const whole = (body: string, end: number): Message => {
    return { startLine, fields, framing, body, bytes: bytes.slice(0, end) };
  };
  if (framing === 'none') return whole('', start);
  if (framing === 'close') return isOver ? whole(bytes.slice(start), bytes.length) : null;
  if (framing === 'chunked') return readChunks(bytes, start, whole);
  const end = start + Number(valuesOf(head, 'content-length')[0]);
  return bytes.length < end ? null : whole(bytes.slice(start, end), end);
}

function readChunks(bytes: string, start: number, whole: (body: string, end: number) => Message) {
  const pieces: string[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = bytes.slice(at, lineEnd);
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new NotStrict(`chunk size ${JSON.stringify(size)}`);
    const dataEnd = lineEnd + 2 + parseInt(size, 16);
    if (bytes.length < dataEnd + 2) return null;
    if (!bytes.startsWith('\r\n', dataEnd)) throw new NotStrict('a chunk or its trailers do not end');
    if (dataEnd === lineEnd + 2) return whole(pieces.join(''), dataEnd + 2);
    pieces.push(bytes.slice(lineEnd + 2, dataEnd));
    at = dataEnd + 2;
  }
}
