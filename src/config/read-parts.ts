import { isScalar } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { compilePattern } from '../routing/pattern.ts';
import { parseAddress, type Address } from './address.ts';
import type { Desk, Value } from './desk.ts';
import { readAs, readSection, type Section, valueOf } from './fields.ts';
import { parseSize } from './size.ts';

/** Reads `listen`. */
export function readListen(desk: Desk, file: Section): Address | null {
  return readAs(desk, valueOf(desk, file, 'listen'), 'listen', (text) => parseAddress(text, 'listen'));
}

/** Reads `admin`, which is an address or a map. */
export function readAdmin(
  desk: Desk,
  file: Section,
): { readonly address: Address; readonly token: string | null } | null {
  const read = (value: Value | null): Address | null =>
    readAs(desk, value, 'admin', (text) => parseAddress(text, 'admin'));
  const pair = file.fields.get('admin');
  if (pair === undefined || pair.value === null || isScalar(pair.value)) {
    const address = read(valueOf(desk, file, 'admin'));
    return address === null ? null : { address, token: null };
  }
  const section = readSection(desk, pair.value, 'admin', ' in "admin"', pair.at);
  const address = read(valueOf(desk, section, 'listen'));
  const secret = valueOf(desk, section, 'token');
  const token = secret?.isMissing === true ? null : readAs(desk, secret, 'token', parseToken);
  return address === null ? null : { address, token };
}

/** Reads `max-body` into bytes. */
export function readMaxBody(desk: Desk, file: Section): number | null {
  return readAs(desk, valueOf(desk, file, 'max-body'), 'max-body', (text) =>
    parseSize(text, 'max-body', '1kb', '64mb'),
  );
}

/** Reads `max-spool` into bytes: a size, or 0 for none at all. */
export function readMaxSpool(desk: Desk, file: Section): number | null {
  return readAs(desk, valueOf(desk, file, 'max-spool'), 'max-spool', (text) =>
    text === '0' ? 0 : parseSize(text, 'max-spool', '1mb', '1024gb'),
  );
}

/** Reports a `version` that is not 1. */
export function checkVersion(desk: Desk, file: Section): void {
  readAs(desk, valueOf(desk, file, 'version'), 'version', (text) => {
    if (text !== '1')
      throw new Mistake('bad-version', `version "${text}" is not known`, 'write "version: 1"');
  });
}

/** In characters: it stands before every key. */
const longestBase = 500;

/** Reads `base`: a plain path that is made to end in a slash. Null where the file sets none. */
export function readBase(desk: Desk, file: Section): string | null {
  return readAs(desk, valueOf(desk, file, 'base'), 'base', (text) => {
    if (!text.startsWith('/'))
      throw new Mistake('bad-path', `base "${text}" does not start with "/"`, `write "/${text}"`);
    if (text.length > longestBase) {
      const message = `a base of ${text.length} characters is too long`;
      throw new Mistake('bad-path', message, `write no more than ${longestBase}`);
    }
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

/** Throws a Mistake [bad-token] that does not repeat the token. */
function parseToken(text: string): string {
  if (text.length >= 16 && /^[\x21-\x7e]+$/.test(text)) return text;
  const message = 'the admin token is too short, or holds a blank or a letter that is not ASCII';
  throw new Mistake('bad-token', message, 'make one with: openssl rand -hex 24');
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
