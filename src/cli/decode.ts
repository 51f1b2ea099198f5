import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Problem } from '../errors.ts';
import { codecNamed, formatNames, formatOf, recognise } from '../perl/formats.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionData } from '../session/session.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { print, printJson } from './print.ts';
import { showKey, showValue } from './show-value.ts';

/** How a session is read and what is made of it. */
export interface DecodeOptions {
  /** The name of a serializer; else it is told by the bytes. */
  readonly format?: string;
  readonly json?: boolean;
  /** Write it again, as a port that changed nothing would, byte for byte to stdout. */
  readonly reencode?: boolean;
}

/** `banyan sessions decode`: shows what the bytes of a session hold, values and all, without running any of it. */
export async function decodeSession(file: string, options: DecodeOptions): Promise<ExitCode> {
  if (options.json === true && options.reencode === true)
    throw new Failure(exitCodes.usage, '--json and --reencode are two answers', 'leave one out');
  const asked = options.format === undefined ? null : codecOf(options.format);
  const bytes = await bytesOf(file);
  const { codec, data } = decode(file, bytes, asked);
  if (options.json === true) printJson({ file, format: formatOf(codec), data });
  else if (options.reencode === true) process.stdout.write(reencode(file, bytes, codec, data));
  else for (const [key, value] of Object.entries(data)) print(`${showKey(key)} = ${showValue(value)}\n`);
  return exitCodes.ok;
}

function codecOf(name: string): SessionCodec {
  const codec = codecNamed(name);
  if (codec !== null) return codec;
  const help = didYouMean(name, formatNames) ?? `known here: ${formatNames.join(', ')}`;
  throw new Failure(exitCodes.usage, `unknown format "${name}"`, help);
}

async function bytesOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (thrown) {
    const help = 'save a row with: SELECT a_session FROM sessions WHERE id = … INTO DUMPFILE …';
    throw new Failure(exitCodes.usage, `${file} cannot be read`, help, thrown);
  }
}

function decode(
  file: string,
  bytes: Buffer,
  asked: SessionCodec | null,
): { codec: SessionCodec; data: SessionData } {
  const help =
    asked === null
      ? `name it with --format; this version decodes ${formatNames.join(', ')}`
      : `is it ${formatOf(asked)}? Without --format the bytes themselves are asked`;
  return reading(file, help, () => {
    const codec = asked ?? recognise(bytes);
    return { codec, data: codec.decode(bytes) };
  });
}

function reencode(file: string, bytes: Buffer, codec: SessionCodec, data: SessionData): Buffer {
  return reading(file, 'a port could not write it either', () => codec.encode(data, bytes));
}

function reading<T>(file: string, help: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    throw new Failure(exitCodes.findings, `${file}: ${thrown.message}`, help, thrown);
  }
}
