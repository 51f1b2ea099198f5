import { isAbsolute, resolve } from 'node:path';
import { isScalar } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { parseLegacyUrl } from './address.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, readSection, type Section, valueOf } from './fields.ts';
import { parseCount } from './read-parts.ts';
import type { Settings } from './settings.ts';
import { parseSize } from './size.ts';
import { parseMysqlUrl } from './store-url.ts';

/** Reads `ports`, which is a folder or a map: where they are, and what runs them. */
export function readPorts(desk: Desk, file: Section, settingsDirectory: string): Settings['ports'] | null {
  const pair = file.fields.get('ports');
  const isShort = pair === undefined || pair.value === null || isScalar(pair.value);
  const section = readSection(desk, isShort ? null : pair.value, 'ports', ' in "ports"', pair?.at ?? file.at);
  const read = <T>(key: string, parse: (text: string) => T): T | null =>
    readAs(desk, valueOf(desk, section, key), key, parse);
  const folder = isShort ? valueOf(desk, file, 'ports') : valueOf(desk, section, 'dir');
  const hosts = read('hosts', (text) => parseCount(text, 'hosts', 64));
  const memoryBytes = read('memory', (text) => parseSize(text, 'memory', '64mb', '64gb'));
  const watchdogMs = read('watchdog', (text) => parseDuration(text, 'watchdog'));
  const url = read('url', parseHostUrl);
  const database = read('database', parseMysqlUrl);
  if (folder === null || hosts === null || memoryBytes === null || watchdogMs === null) return null;
  return {
    directory: resolve(settingsDirectory, folder.text),
    hosts,
    memoryBytes,
    watchdogMs,
    url,
    database,
  };
}

/** unix(7): sun_path has 108 bytes, the last of them a NUL. */
const longestSocketPath = 107;

/** Reads where a port host of somebody else's listens: `http://host:port`, or `unix:/path`. Throws a Mistake [bad-url]. */
function parseHostUrl(text: string): { readonly socketPath: string } | { readonly origin: string } {
  if (!text.startsWith('unix:')) {
    const url = parseLegacyUrl(text, 'ports');
    if (url.protocol === 'http:') return { origin: url.origin };
    throw new Mistake('bad-url', 'ports are reached by http:// or unix:', 'write http://host:port');
  }
  const socketPath = text.slice('unix:'.length);
  if (Buffer.byteLength(socketPath) > longestSocketPath) {
    const help = `a socket has at most ${longestSocketPath} bytes of path: choose a shorter one`;
    throw new Mistake('bad-url', `the path of the socket "${socketPath}" is too long`, help);
  }
  if (isAbsolute(socketPath)) return { socketPath };
  throw new Mistake(
    'bad-url',
    `the socket "${socketPath}" is not a whole path`,
    'write unix:/run/ports.sock',
  );
}
