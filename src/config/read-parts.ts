import { resolve } from 'node:path';
import { isScalar } from 'yaml';
import { codecNamed, formatNames } from '../perl/formats.ts';
import { Mistake } from '../routing/mistake.ts';
import { compilePattern } from '../routing/pattern.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { SessionUse } from '../session/session.ts';
import type { Trace } from '../session/snapshot.ts';
import { parseAddress, parseLegacyUrl, type Address } from './address.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';
import { parseSessionUse } from './read-routes.ts';
import type { SessionSettings } from './settings.ts';
import { parseStoreUrl } from './store-url.ts';

/** Reads `listen` or `admin`. */
export function readAddress(desk: Desk, file: Section, key: 'listen' | 'admin'): Address | null {
  return readAs(desk, valueOf(desk, file, key), key, (text) => parseAddress(text, key));
}

/** Reads `legacy`, which must be there. */
export function readLegacy(desk: Desk, file: Section): URL | null {
  const help = 'add the server that runs the Perl: "legacy: http://127.0.0.1:8080"';
  return readAs(desk, requiredValueOf(desk, file, 'legacy', help), 'legacy', parseLegacyUrl);
}

/** Reports a `version` that is not 1. */
export function checkVersion(desk: Desk, file: Section): void {
  readAs(desk, valueOf(desk, file, 'version'), 'version', (text) => {
    if (text !== '1')
      throw new Mistake('bad-version', `version "${text}" is not known`, 'write "version: 1"');
  });
}

/** Reads `base`: a plain path that is made to end in a slash. Null where the file sets none. */
export function readBase(desk: Desk, file: Section): string | null {
  return readAs(desk, valueOf(desk, file, 'base'), 'base', (text) => {
    if (!text.startsWith('/'))
      throw new Mistake('bad-path', `base "${text}" does not start with "/"`, `write "/${text}"`);
    const base = text.endsWith('/') ? text : `${text}/`;
    const isPlain = compilePattern(base).segments.every((segment) => segment.kind === 'literal');
    if (!isPlain || /[?$]/.test(base)) {
      throw new Mistake(
        'bad-path',
        `base "${text}" is not a plain path`,
        'write the beginning that all keys share',
      );
    }
    return base;
  });
}

/** Reads `ports`, which is a folder or a map, into an absolute folder and a number of processes. */
export function readPorts(
  desk: Desk,
  file: Section,
  settingsDirectory: string,
): { readonly directory: string; readonly hosts: number } | null {
  const pair = file.fields.get('ports');
  const isShort = pair === undefined || pair.value === null || isScalar(pair.value);
  const section = readSection(desk, isShort ? null : pair.value, 'ports', ' in "ports"', pair?.at ?? file.at);
  const folder = isShort ? valueOf(desk, file, 'ports') : valueOf(desk, section, 'dir');
  const hosts = readAs(desk, valueOf(desk, section, 'hosts'), 'hosts', (text) =>
    parseCount(text, 'hosts', 64),
  );
  return folder === null || hosts === null
    ? null
    : { directory: resolve(settingsDirectory, folder.text), hosts };
}

/** Reads `session`. Null where the file has none, and after a finding. */
export function readSessionSettings(desk: Desk, file: Section): SessionSettings | null {
  const pair = file.fields.get('session');
  if (pair === undefined) return null;
  const section = readSection(desk, pair.value, 'session', ' in "session"', pair.at);
  const format = readAs(desk, valueOf(desk, section, 'format'), 'format', parseFormat);
  const help = 'write "store: mysql://user:password@127.0.0.1:3306/database?table=sessions"';
  const store = readAs(desk, requiredValueOf(desk, section, 'store', help), 'store', parseStoreUrl);
  const cookie = readAs(desk, valueOf(desk, section, 'cookie'), 'cookie', parseCookieName);
  const serializer = readAs(desk, valueOf(desk, section, 'serializer'), 'serializer', parseSerializer);
  const trace = readAs(desk, valueOf(desk, section, 'trace'), 'trace', parseTrace);
  const lockPair = section.fields.get('lock');
  const lock = readSection(desk, lockPair?.value ?? null, 'lock', ' in "lock"', lockPair?.at ?? pair.at);
  const waitMs = readAs(desk, valueOf(desk, lock, 'wait'), 'wait', (text) => parseDuration(text, 'wait'));
  const queue = readAs(desk, valueOf(desk, lock, 'queue'), 'queue', (text) =>
    parseCount(text, 'queue', 10_000),
  );
  if (format === null || store === null || cookie === null || trace === null) return null;
  if (waitMs === null || queue === null || serializer === null) return null;
  return { format, serializer, store, cookie, trace, waitMs, queue };
}

/** Reads `defaults`. Without a session map there is nothing to lock, so the default is then `none`. */
export function readDefaults(
  desk: Desk,
  file: Section,
  hasSession: boolean,
): { readonly session: SessionUse; readonly timeoutMs: number } {
  const pair = file.fields.get('defaults');
  const section = readSection(desk, pair?.value ?? null, 'defaults', ' in "defaults"', pair?.at ?? file.at);
  const value = valueOf(desk, section, 'session');
  const session = readAs(desk, value, 'session', parseSessionUse);
  if (
    section.fields.has('session') &&
    value !== null &&
    session !== null &&
    session !== 'none' &&
    !hasSession
  ) {
    const help = 'add "session: { store: mysql://… }" at the top, or write "session: none"';
    desk.error('no-session', value.span, `session "${session}" needs to know where sessions are kept`, help);
  }
  const timeoutMs = readAs(desk, valueOf(desk, section, 'timeout'), 'timeout', (text) =>
    parseDuration(text, 'timeout'),
  );
  return { session: hasSession ? (session ?? 'write') : 'none', timeoutMs: timeoutMs ?? 30_000 };
}

function parseFormat(text: string): 'cgi-session' {
  if (text === 'cgi-session') return text;
  if (text === 'apache-session') {
    throw new Mistake(
      'not-yet',
      'session format "apache-session" is not in this version yet',
      'it reads cgi-session',
    );
  }
  const help = didYouMean(text, ['cgi-session', 'apache-session']) ?? 'this version reads cgi-session';
  throw new Mistake('bad-format', `unknown session format "${text}"`, help);
}

function parseSerializer(text: string): string {
  if (codecNamed(text) !== null) return text;
  const help = didYouMean(text, formatNames) ?? `known here: ${formatNames.join(', ')}`;
  throw new Mistake('bad-serializer', `unknown serializer "${text}"`, help);
}

function parseTrace(text: string): Trace {
  if (text === 'off' || text === 'keys' || text === 'values') return text;
  const help = didYouMean(text, ['off', 'keys', 'values']) ?? 'write off, keys or values';
  throw new Mistake('bad-trace', `unknown trace "${text}"`, help);
}

function parseCookieName(text: string): string {
  // RFC 6265 section 4.1.1: a cookie's name is a token.
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) return text;
  throw new Mistake(
    'bad-cookie',
    `"${text}" cannot be the name of a cookie`,
    'write the name that the scripts use',
  );
}

function parseCount(text: string, what: string, most: number): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new Mistake(
    'bad-number',
    `${what} "${text}" is not a number from 1 to ${most}`,
    `write a number from 1 to ${most}`,
  );
}
