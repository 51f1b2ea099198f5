import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { exitCodes, Failure } from './failure.ts';

/** A request as Apache or nginx wrote it down. */
export interface LoggedRequest {
  readonly method: string;
  /** The request target, one character a byte. */
  readonly target: string;
  readonly status: number;
}

/** Longer lines are no requests: Apache takes no request line above 8190 bytes. */
const longestLine = 65_536;

/** The common log format, the combined one, and those that put a virtual host before either. */
const shape = /^[^"]*\] "((?:[^"\\]|\\.)*)" (\d{3}|-)(?: |$)/;

/** Reads one line of a log; null where it holds no request, such as `"-" 408`. */
export function readLogLine(line: string): LoggedRequest | null {
  const [, quoted, status] = shape.exec(line) ?? [];
  if (quoted === undefined) return null;
  const request = quoted.includes('\\') ? unescaped(quoted) : quoted;
  const [, method, target] = /^([A-Za-z][\w-]{0,30}) (\S+)(?: HTTP\/[\d.]+)?$/.exec(request) ?? [];
  return method === undefined || target === undefined
    ? null
    : { method, target, status: Number(status) || 0 };
}

const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** What mod_log_config and nginx write as `\"`, `\\`, `\t` and `\xE9`. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, letter: string = '') =>
    hex === undefined ? (letters[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
  );
}

/**
 * The lines of a log, some at a time; `-` is stdin. What is compressed tells so by its first bytes, whatever it is
 * called. `onBytes` hears how much of the file has been read. Throws a Failure [unreachable].
 */
export async function* logLines(
  file: string,
  onBytes: (count: number) => void = () => undefined,
): AsyncGenerator<string[]> {
  const source: Readable = file === '-' ? process.stdin : createReadStream(file);
  source.on('data', (chunk: Buffer) => onBytes(chunk.length)).pause();
  try {
    yield* linesOf(await unpacked(source));
  } catch (thrown) {
    const name = file === '-' ? 'stdin' : file;
    throw new Failure(exitCodes.unreachable, `${name} cannot be read: ${reasonOf(thrown)}`, null, thrown);
  } finally {
    source.destroy();
  }
}

async function unpacked(source: Readable): Promise<AsyncIterable<Buffer>> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const whole = (async function* () {
    if (first.done !== true) yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  const isGzip = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
  // The callback is for errors, which whoever reads the last stream of a pipeline gets as well.
  return isGzip ? pipeline(Readable.from(whole), createGunzip(), () => undefined) : whole;
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let begun = '';
  for await (const chunk of chunks) {
    const lines = (begun + chunk.toString('latin1')).split('\n');
    // Of a line that never ends, so much is kept that it is no request when it does.
    begun = (lines.pop() ?? '').slice(0, longestLine);
    if (lines.length > 0) yield lines;
  }
  if (begun !== '') yield [begun];
}

function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder; name the files in it';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'Z_BUF_ERROR') return 'it is compressed and ends in the middle';
  return message;
}
