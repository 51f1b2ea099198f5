import { hash } from 'node:crypto';
import type { SessionCodec } from './codec.ts';
import type { Opaque, SessionData, SessionValue } from './session.ts';

/** How much of sessions is remembered for people: nothing, which keys changed, or also their values, masked. */
export type Trace = 'off' | 'keys' | 'values';

/** The row of a session at one moment: its bytes, or null where there was none. */
export interface Sight {
  readonly bytes: Buffer | null;
  /** Milliseconds since 1970. */
  readonly takenAtMs: number;
}

/** One key of a session, as it is remembered: what tells whether its value is another, and not the value. */
export interface KeyPrint {
  readonly print: string;
  /** The value for people, masked and cut short; only where `trace: values` asks for it. */
  readonly shown?: string;
}

/** A session at one moment, without its values: those belong to the visitor, and thousands are remembered. */
export interface Snapshot {
  /** A short SHA-256 of the bytes; null where there was no row. */
  readonly digest: string | null;
  /** By key; null where the bytes could not be read. */
  readonly keys: ReadonlyMap<string, KeyPrint> | null;
  /** `_SESSION_ATIME` and `_SESSION_ETIME` in seconds; 0 where there is none. */
  readonly lastUsedSeconds: number;
  readonly idleSeconds: number;
  readonly takenAtMs: number;
}

/** What became of one key. */
export interface Change {
  readonly key: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Masked; only with `trace: values`. */
  readonly before?: string;
  readonly after?: string;
  /** Whether it is only the mark of the last use, which every load in Perl sets: views leave it out. */
  readonly isTouch: boolean;
}

const touchKey = '_SESSION_ATIME';
/** Beyond this a session is not looked into: it would take a megabyte of memory to remember it. */
const mostKeys = 500;
const longestKey = 60;
/** A session that is larger is not decoded for people: a megabyte would hold everybody up for 60 ms, measured. */
const largestBytes = 256 * 1024;
const longestShown = 160;
const sensitive = /pass|card|token|secret|csrf/i;

/**
 * Makes a snapshot of what was seen. Never throws: bytes that cannot be read are a snapshot too. Where they are those
 * of `known` they are not decoded again: a large cart takes a millisecond.
 */
export function takeSnapshot(
  sight: Sight,
  codec: SessionCodec,
  trace: Trace,
  known: Snapshot | null = null,
): Snapshot {
  const { bytes, takenAtMs } = sight;
  const bare = { lastUsedSeconds: 0, idleSeconds: 0, takenAtMs };
  if (bytes === null) return { ...bare, digest: null, keys: new Map() };
  const digest = shortHash(bytes);
  if (known?.digest === digest) return { ...known, takenAtMs };
  if (bytes.length > largestBytes) return { ...bare, digest, keys: null };
  try {
    return { ...bare, digest, ...contents(codec.decode(bytes), trace) };
  } catch {
    return { ...bare, digest, keys: null };
  }
}

function contents(
  data: SessionData,
  trace: Trace,
): Pick<Snapshot, 'keys' | 'lastUsedSeconds' | 'idleSeconds'> {
  const entries = Object.entries(data);
  const keys = entries.map(([key, value]) => [clip(key, longestKey), printOf(key, value, trace)] as const);
  const seconds = (key: string): number => Number(data[key] ?? 0) || 0;
  return {
    keys: entries.length > mostKeys ? null : new Map(keys),
    lastUsedSeconds: seconds(touchKey),
    idleSeconds: seconds('_SESSION_ETIME'),
  };
}

/** What is different, by key in alphabetical order; nothing where one of the two could not be read. */
export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  if (before.keys === null || after.keys === null) return [];
  const changes: Change[] = [];
  for (const key of [...new Set([...before.keys.keys(), ...after.keys.keys()])].sort()) {
    const was = before.keys.get(key);
    const is = after.keys.get(key);
    if (was?.print === is?.print) continue;
    changes.push({
      key,
      kind: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed',
      ...(was?.shown === undefined ? {} : { before: was.shown }),
      ...(is?.shown === undefined ? {} : { after: is.shown }),
      isTouch: key === touchKey,
    });
  }
  return changes;
}

function printOf(key: string, value: SessionValue, trace: Trace): KeyPrint {
  const print = shortHash(canonical(value));
  return trace === 'values' ? { print, shown: shownOf(key, value) } : { print };
}

/**
 * The same text for what is the same to Perl: it writes the keys of a hash in another order in every process, and 5 and
 * '5' are one value. Of an Opaque only its kind is known.
 */
function canonical(value: SessionValue): string {
  if (value === null) return 'undef';
  if (typeof value !== 'object') return JSON.stringify(String(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (isOpaque(value)) return `opaque ${JSON.stringify(value.summary)}`;
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`);
  return `{${parts.join()}}`;
}

function shownOf(key: string, value: SessionValue): string {
  const mask = (name: string, part: unknown): unknown => (sensitive.test(name) ? '•••' : part);
  return clip(JSON.stringify(mask(key, value), mask), longestShown);
}

function isOpaque(value: Opaque | { [key: string]: SessionValue }): value is Opaque {
  return 'opaque' in value && value.opaque === true && Object.isFrozen(value);
}

function clip(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function shortHash(data: Buffer | string): string {
  return hash('sha256', data, 'base64url').slice(0, 16);
}
