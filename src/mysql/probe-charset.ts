import { formatOf } from '../perl/formats.ts';
import type { SessionCodec } from '../session/codec.ts';
import { doubtful, type ProbeFinding, well, wrong } from '../session/probe.ts';
import type { Ask } from './probe-ask.ts';
import type { Column } from './probe-table.ts';
import type { SessionTable } from './session-table.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
/** Formats that write any byte, and cannot be read again if one of them is another (perl.md 1.4). */
const binaryFormats = ['storable', 'storable-native'];
/** Formats that write nothing but ASCII. */
const asciiFormats = ['storable-base64', 'storable-uuencode'];

/**
 * Whether every byte that the old scripts send can be kept. The server itself is asked to take all 256 through the
 * character sets of the connection and of the column, there and back.
 */
export async function probeCharset(
  ask: Ask,
  { charset }: SessionTable,
  codec: SessionCodec | null,
  { name, type, collation }: Column,
): Promise<ProbeFinding[]> {
  const path = `${name} is ${type}`;
  if (collation === null) return [well('charset', `${path}: it keeps bytes as they are`)];
  const [column = ''] = collation.split('_');
  if ((await ask('SHOW CHARACTER SET WHERE Charset = ?', [charset])).length === 0) {
    const help = 'write the one that the old scripts connect with, such as ?charset=latin1';
    return [wrong('charset-unknown', `the server knows no character set ${charset}`, help)];
  }
  const there = `CONVERT(_${charset} X'${everyByte.toString('hex')}' USING ${column})`;
  // Bytes that are no characters in a set come back as others, or not at all: then the statement is refused.
  const [row] = await ask(`SELECT CAST(CONVERT(${there} USING ${charset}) AS BINARY) AS kept`).catch(
    () => [],
  );
  const kept = row?.['kept'];
  const what = `${path} of ${column}, and the old scripts connect with ${charset}`;
  if (kept instanceof Buffer && kept.equals(everyByte))
    return [well('charset', `${what}: every byte comes back`)];
  const format = codec === null ? '' : formatOf(codec);
  if (asciiFormats.includes(format))
    return [well('charset', `${what}: enough for ${format}, which is ASCII`)];
  const help = `make ${name} a BLOB, or say what they really connect with: ?charset=latin1 in the store address`;
  if (binaryFormats.includes(format))
    return [wrong('charset-loses', `${what}: that spoils sessions of ${format}`, help)];
  return [doubtful('charset-loses', `${what}: text that is not proper UTF-8 is spoilt`, help)];
}
