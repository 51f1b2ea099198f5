import { resolve } from 'node:path';
import { isScalar } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { compilePattern } from '../routing/pattern.ts';
import type { SessionUse } from '../session/session.ts';
import { parseAddress, parseLegacyUrl, type Address } from './address.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';
import { parseSessionUse } from './read-routes.ts';
import type { Settings } from './settings.ts';
import { parseMysqlUrl } from './store-url.ts';

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

/** Reads `ports`, which is a folder or a map, into an absolute folder, a number of processes and their database. */
export function readPorts(desk: Desk, file: Section, settingsDirectory: string): Settings['ports'] | null {
  const pair = file.fields.get('ports');
  const isShort = pair === undefined || pair.value === null || isScalar(pair.value);
  const section = readSection(desk, isShort ? null : pair.value, 'ports', ' in "ports"', pair?.at ?? file.at);
  const folder = isShort ? valueOf(desk, file, 'ports') : valueOf(desk, section, 'dir');
  const hosts = readAs(desk, valueOf(desk, section, 'hosts'), 'hosts', (text) =>
    parseCount(text, 'hosts', 64),
  );
  const database = readAs(desk, valueOf(desk, section, 'database'), 'database', parseMysqlUrl);
  return folder === null || hosts === null
    ? null
    : { directory: resolve(settingsDirectory, folder.text), hosts, database };
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

/** Reads a whole number from 1 to `most`. Throws a Mistake [bad-number]. */
export function parseCount(text: string, what: string, most: number): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new Mistake(
    'bad-number',
    `${what} "${text}" is not a number from 1 to ${most}`,
    `write a number from 1 to ${most}`,
  );
}
