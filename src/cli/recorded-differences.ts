import { hunksBetween } from '../config/hunk.ts';
import type { Capture } from '../exchange/capture.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionModule } from '../session/module.ts';
import type { SessionUse } from '../session/session.ts';
import type { Rehearsed } from '../porting/rehearsal.ts';

/** Fields that speak of the connection, the moment or the server. */
const ofTheWay =
  /^(?:date|server|connection|keep-alive|transfer-encoding|content-length|vary|x-powered-by)$/i;

/** What has to be known of sessions to compare two. */
export interface SessionsOfBoth {
  readonly module: SessionModule;
  readonly codec: SessionCodec;
  readonly cookieName: string;
  readonly sessionUse: SessionUse;
}

/**
 * What a port did otherwise than legacy had for the same request, a line each: `- ` legacy's, `+ ` the port's. A new
 * session's id is never the same, and is not compared. Empty where all is the same.
 */
export function differencesOf(capture: Capture, rehearsed: Rehearsed, sessions: SessionsOfBoth): string[] {
  const { answer, problem } = rehearsed;
  if (answer === null) {
    const handedOver = problem?.code === 'PORT_HANDED_OVER';
    return handedOver
      ? []
      : [`the port failed: ${problem?.code}: ${problem?.message}${placeIn(problem?.cause)}`];
  }
  const isNewId = capture.session?.before == null;
  const fields = (headers: RawHeaders): string[] =>
    shownFields(headers, isNewId ? sessions.cookieName : null);
  const { status, headers, body } = capture.answer;
  return [
    ...(status === answer.status ? [] : [`- status ${status}`, `+ status ${answer.status}`]),
    ...onlyInOne(fields(headers), fields(answer.headers)),
    ...bodyDifferences(body, answer.body.toString('latin1'), headerValue(headers, 'content-type') ?? ''),
    ...(isNewId || sessions.sessionUse !== 'write' ? [] : sessionDifferences(capture, rehearsed, sessions)),
  ];
}

const ownFolder = new URL('..', import.meta.url).href;

/** Which line has thrown, of the port's own; nothing where that is not known. */
function placeIn(thrown: unknown): string {
  const frames = thrown instanceof Error ? (thrown.stack?.split('\n') ?? []) : [];
  const own = frames.find((frame) => /^ +at .*file:/.test(frame) && !frame.includes(ownFolder));
  return own === undefined ? '' : ` ${own.trim().replace('file://', '')}`;
}

function shownFields(headers: RawHeaders, cookieName: string | null): string[] {
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i] as string, headers[i + 1] as string];
    if (ofTheWay.test(name)) continue;
    const isNew =
      cookieName !== null && name.toLowerCase() === 'set-cookie' && value.startsWith(`${cookieName}=`);
    lines.push(`${name.toLowerCase()}: ${isNew ? value.replace(/=[^;]*/, '=…') : value}`);
  }
  return lines;
}

function onlyInOne(legacy: readonly string[], port: readonly string[]): string[] {
  const left = [...port];
  const only = legacy.filter((line) => {
    const at = left.findIndex((other) => isSameField(line, other));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  return [...only.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}

/** Perl's clock was read a moment after the request came. */
const mostApartMs = 5_000;
const date = /\b[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT/g;

function isSameField(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.replace(date, '') !== other.replace(date, '')) return false;
  const [dates, others] = [one.match(date) ?? [], other.match(date) ?? []];
  return dates.every((each, i) => Math.abs(Date.parse(each) - Date.parse(others[i] ?? '')) <= mostApartMs);
}

/** A page that is another one altogether shall not hide what else differs. */
const mostPairs = 10;

/** The lines that differ, those of legacy beside the port's; of what is no text that it does. */
function bodyDifferences(legacy: string, port: string, type: string): string[] {
  if (legacy === port) return [];
  if (!/^text\/|json|xml/.test(type))
    return [`the bodies differ: ${legacy.length} bytes, and ${port.length}`];
  const pairs = hunksBetween(legacy, port).flatMap(({ line, removed, added }) =>
    Array.from({ length: Math.max(removed.length, added.length) }, (_, at) => [
      `line ${line + Math.min(at, removed.length)} of the body:`,
      ...removed.slice(at, at + 1).map((text) => `- ${clip(text) || '(empty)'}`),
      ...added.slice(at, at + 1).map((text) => `+ ${clip(text) || '(empty)'}`),
    ]),
  );
  const more = pairs.length - mostPairs;
  return [...pairs.slice(0, mostPairs).flat(), ...(more > 0 ? [`and ${more} more`] : [])];
}

function sessionDifferences(
  capture: Capture,
  { session }: Rehearsed,
  { module, codec }: SessionsOfBoth,
): string[] {
  const shown = (bytes: Buffer | null): Map<string, string> | null => {
    if (bytes === null) return null;
    const entries = Object.entries(codec.decode(bytes)).filter(([key]) => !module.isHidden(key));
    return new Map(entries.map(([key, value]) => [key, JSON.stringify(value, inOrder)]));
  };
  const after = capture.session?.after ?? null;
  const [legacy, port] = [shown(after === null ? null : Buffer.from(after, 'latin1')), shown(session)];
  if (legacy === null || port === null)
    return legacy === port
      ? []
      : [
          `- the session ${legacy === null ? 'is gone' : 'is there'}`,
          `+ it ${port === null ? 'is gone' : 'is there'}`,
        ];
  return [...new Set([...legacy.keys(), ...port.keys()])].flatMap((key) => {
    const [was, is] = [legacy.get(key), port.get(key)];
    if (was === is) return [];
    return [`session ${key}:`, `- ${clip(was ?? '(none)')}`, `+ ${clip(is ?? '(none)')}`];
  });
}

/** Perl writes the keys of a hash in another order in every process, and 5 and '5' are one value to it. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function clip(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}
