import { readFile } from 'node:fs/promises';
import { Problem } from '../errors.ts';
import { formatNames, recognise } from '../perl/formats.ts';
import type { SessionData } from '../session/session.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { print, printJson } from './print.ts';

/** `banyan sessions decode`: shows what the bytes of a session hold, values and all, without running any of it. */
export async function decodeSession(file: string, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { format, data } = decode(file, await bytesOf(file));
  if (options.json === true) printJson({ file, format, data });
  else {
    for (const [key, value] of Object.entries(data)) print(`${safe(key)} = ${safe(JSON.stringify(value))}\n`);
  }
  return exitCodes.ok;
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    const help = 'save a row with: SELECT a_session FROM sessions WHERE id = … INTO DUMPFILE …';
    throw new Failure(exitCodes.usage, `${file} cannot be read`, help, thrown);
  }
}

function decode(file: string, bytes: Buffer): { format: string; data: SessionData } {
  try {
    const codec = recognise(bytes);
    return { format: codec.name, data: codec.decode(bytes) };
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    const help = `this version decodes ${formatNames.join(', ')}`;
    throw new Failure(exitCodes.findings, `${file}: ${thrown.message}`, help, thrown);
  }
}

/** No control character of a visitor's reaches the terminal. */
function safe(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
