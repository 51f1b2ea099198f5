import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';

/** A codec inside MIME Base64, as Apache::Session::Serialize::Base64 stores it: lines of 76 characters. */
export function base64(codec: SessionCodec): SessionCodec {
  return armoured(codec, { name: 'base64', wrap: toBase64, unwrap: fromBase64 });
}

/** A codec inside Perl's pack("u"), as Apache::Session::Serialize::UUEncode stores it: lines of 45 bytes. */
export function uuencode(codec: SessionCodec): SessionCodec {
  return armoured(codec, { name: 'uuencode', wrap: toUuencode, unwrap: fromUuencode });
}

interface Armour {
  readonly name: string;
  readonly wrap: (bytes: Buffer) => Buffer;
  readonly unwrap: (text: Buffer) => Buffer;
}

/** The places that problems name are those of the bytes inside. */
function armoured(codec: SessionCodec, { name, wrap, unwrap }: Armour): SessionCodec {
  return {
    name: `${codec.name}-${name}`,
    decode: (text) => codec.decode(unwrap(text)),
    encode(data, like) {
      if (like === null) return wrap(codec.encode(data, null));
      const before = unwrap(like);
      const after = codec.encode(data, before);
      // The same bytes keep the lines they stood in, whoever broke them.
      return after.equals(before) ? Buffer.from(like) : wrap(after);
    },
  };
}

function toBase64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64').replaceAll(/.{1,76}/g, '$&\n'), 'latin1');
}

/** Perl passes over every other character; blanks may come from a column, anything else is damage. */
function fromBase64(text: Buffer): Buffer {
  const source = text.toString('latin1');
  const damage = source.search(/[^A-Za-z0-9+/=\s]/);
  if (damage >= 0) fail('Base64', damage, 'a character that Base64 does not have');
  const letters = source.replaceAll(/\s+/g, '');
  const padding = letters.indexOf('=');
  if (padding >= 0 && !/^={1,2}$/.test(letters.slice(padding))) {
    fail('Base64', source.indexOf('='), 'more after the end');
  }
  if (letters.length % 4 !== 0) fail('Base64', source.length, 'the text ends in the middle');
  return Buffer.from(letters, 'base64');
}

const bytesInLine = 45;

/** A line: how many bytes, as a character, then four characters for every three bytes, zero as a backtick. */
function toUuencode(bytes: Buffer): Buffer {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesInLine) {
    const part = bytes.subarray(at, at + bytesInLine);
    let line = uuCharacter(part.length);
    for (let index = 0; index < part.length; index += 3) {
      const [a = 0, b = 0, c = 0] = part.subarray(index, index + 3);
      line += uuCharacter(a >> 2) + uuCharacter(((a & 3) << 4) | (b >> 4));
      line += uuCharacter(((b & 15) << 2) | (c >> 6)) + uuCharacter(c & 63);
    }
    lines.push(line, '\n');
  }
  return Buffer.from(lines.join(''), 'latin1');
}

function uuCharacter(bits: number): string {
  return bits === 0 ? '`' : String.fromCharCode(32 + bits);
}

/** Blanks stand for zero too, and some writers add a checksum to each line; so Perl's unpack("u") reads them. */
function fromUuencode(text: Buffer): Buffer {
  const bytes = Buffer.alloc(Math.ceil((text.length * 3) / 4));
  let written = 0;
  let at = 0;
  while (at < text.length) {
    const length = uuBits(text, at);
    at += 1;
    for (let left = length; left > 0; left -= 3) {
      const a = uuBits(text, at);
      const b = uuBits(text, at + 1);
      const c = uuBits(text, at + 2);
      const d = uuBits(text, at + 3);
      at += 4;
      const group = [(a << 2) | (b >> 4), (b << 4) | (c >> 2), (c << 6) | d];
      for (const byte of group.slice(0, left)) bytes[written++] = byte;
    }
    if (text[at] !== newline && text[at + 1] === newline) at += 1;
    if (at < text.length && text[at] !== newline) fail('UUEncode', at, 'a line longer than it says');
    at += 1;
  }
  return bytes.subarray(0, written);
}

const newline = 0x0a;

function uuBits(text: Buffer, at: number): number {
  const character = text[at];
  if (character === undefined) return fail('UUEncode', at, 'the text ends in the middle');
  if (character < 0x20 || character > 0x60) fail('UUEncode', at, 'a character that UUEncode does not have');
  return (character - 0x20) & 63;
}

function fail(armour: string, at: number, reason: string): never {
  throw new Problem('SESSION_UNREADABLE', `${armour} session, byte ${at}: ${reason}`);
}
