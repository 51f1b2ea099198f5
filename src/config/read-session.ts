import { codecNamed, formatNames } from '../perl/formats.ts';
import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { PathId } from '../session/identity.ts';
import type { SessionFormat } from '../session/module.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { oneOf, readAs, readSection, requiredValueOf, type Section, valueOf } from './fields.ts';
import { parseCount } from './read-parts.ts';
import type { SessionSettings } from './settings.ts';
import { parseStoreUrl, type StoreAddress } from './store-url.ts';

/** Reads `session`. Null where the file has none, and after a finding. `legacy` are the servers of the old scripts. */
export function readSessionSettings(
  desk: Desk,
  file: Section,
  legacy: readonly string[],
): SessionSettings | null {
  const pair = file.fields.get('session');
  if (pair === undefined) return null;
  const section = readSection(desk, pair.value, 'session', ' in "session"', pair.at);
  const read = <T>(key: string, parse: (text: string) => T): T | null =>
    readAs(desk, valueOf(desk, section, key), key, parse);
  const format = read('format', (text) =>
    oneOf(text, formats, 'bad-format', `unknown session format "${text}"`),
  );
  const help = 'write "store: mysql://user:password@127.0.0.1:3306/database?table=sessions"';
  const store = readAs(desk, requiredValueOf(desk, section, 'store', help), 'store', (text) =>
    checkStore(parseStoreUrl(text), format),
  );
  const serializer = readSerializer(desk, section, format);
  const cookie = read('cookie', parseCookieName);
  const path = read('path', parsePathId);
  const trace = read('trace', (text) => oneOf(text, traces, 'bad-trace', `unknown trace "${text}"`));
  const keepMs = read('keep', (text) => parseKeep(text, store));
  const byOrigin = read('nested', (text) =>
    oneOf(text, nestings, 'bad-nested', `nested "${text}" is not allow or refuse`),
  );
  const hosts = read('nested-from', parseAddresses) ?? legacy.flatMap(hostOf);
  const lockPair = section.fields.get('lock');
  const lockAt = lockPair?.at ?? pair.at;
  const lockSection = readSection(desk, lockPair?.value ?? null, 'lock', ' in "lock"', lockAt);
  const readLock = <T>(key: string, parse: (text: string) => T): T | null =>
    readAs(desk, valueOf(desk, lockSection, key), key, parse);
  const waitMs = readLock('wait', (text) => parseDuration(text, 'wait'));
  const queue = readLock('queue', (text) => parseCount(text, 'queue', 10_000));
  if (readLock('hold', (text) => parseDuration(text, 'hold')) !== null) {
    const span = lockSection.fields.get('hold')?.at ?? lockAt;
    desk.later(span, '"hold" in "lock" is checked, but this version does not act on it', 'remove it for now');
  }
  const lock = readLock('kind', (text) =>
    oneOf(text, lockKinds, 'bad-lock', `unknown kind of lock "${text}"`),
  );
  if (format === null || store === null || serializer === null || cookie === null || trace === null)
    return null;
  if (byOrigin === null || waitMs === null || queue === null || lock === null) return null;
  const nested = { byOrigin, hosts };
  return { format, serializer, store, cookie, path, trace, keepMs, waitMs, queue, lock, nested };
}

const formats = ['cgi-session', 'apache-session', 'rows'] as const;
const traces = ['off', 'keys', 'values'] as const;
const nestings = ['allow', 'refuse'] as const;
const lockKinds = ['auto', 'names', 'table'] as const;

function checkStore(store: StoreAddress, format: SessionFormat | null): StoreAddress {
  if (store.kind === 'mysql' || format !== 'rows') return store;
  throw new Mistake('bad-store', 'format rows is kept in a table, not in files', 'write a mysql:// address');
}

/** What each module writes with when nobody says otherwise (perl.md 1.2 and 2). */
function readSerializer(desk: Desk, section: Section, format: SessionFormat | null): string | null {
  const value = valueOf(desk, section, 'serializer');
  if (value === null) return format === 'rows' ? 'rows' : format === 'apache-session' ? 'storable' : 'dumper';
  return readAs(desk, value, 'serializer', (text) => {
    if (format === 'rows') {
      throw new Mistake('bad-serializer', 'format rows has no serializer', 'leave "serializer" out');
    }
    if (codecNamed(text) !== null) return text;
    const help = didYouMean(text, formatNames) ?? `known here: ${formatNames.join(', ')}`;
    throw new Mistake('bad-serializer', `unknown serializer "${text}"`, help);
  });
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

function parsePathId(text: string): PathId {
  const [before = '', after, ...more] = text.split('{id}');
  if (before !== '' && after !== undefined && more.length === 0) return { before, after };
  const message = `"${text}" does not say where the id stands in a path`;
  throw new Mistake('bad-path', message, 'write what stands before it, such as /sid={id}');
}

function parseKeep(text: string, store: StoreAddress | null): number {
  if (store?.kind === 'file') {
    throw new Mistake(
      'bad-keep',
      'the timeline is kept in a table, and the sessions are in files',
      'remove it',
    );
  }
  return parseDuration(text, 'keep');
}

function parseAddresses(text: string): string[] {
  const addresses = text.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = addresses.find((address) => !/^[\d.]+$|^[\da-f:.]*:[\da-f:.]*$/i.test(address));
  if (wrong === undefined && addresses.length > 0) return addresses;
  const message = `"${wrong ?? text}" is no IP address`;
  throw new Mistake('bad-address', message, 'write addresses as a request comes from them, such as 10.0.0.5');
}

/**
 * The host of an old server, where it is written as an address and is not this machine: from here come the visitors of a web
 * server in front of us, too, and their requests would be taken for nested ones.
 */
function hostOf(origin: string): string[] {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  return isAddress && !host.startsWith('127.') && host !== '::1' ? [host] : [];
}
