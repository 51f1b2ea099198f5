import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import { Problem } from '../../src/errors.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import type { CodecFixture } from './codec-fixtures.ts';
import type { Format } from './codec-formats.ts';
import { asPerlHasIt, textFor } from './codec-chance.ts';
import { thawInPerl, viewOfValue } from './codec-perl.ts';
import type { Thawed, View } from './codec-perl.ts';

interface Change {
  readonly name: string;
  /** Which of the fixtures it is a change of. */
  readonly of: number;
  readonly after: Buffer;
  readonly key: string;
  /** What must stand at the key then; undefined if nothing. */
  readonly expected: View | undefined;
}

/** Each key of each session is removed, set to something else, and set to something deeper; and one is added. */
export function changes(t: Test, format: Format, fixtures: readonly CodecFixture[]): void {
  const made: Change[] = [];
  const refused: string[] = [];
  for (const [of, { session, bytes }] of fixtures.entries()) {
    for (const [key, value] of changesOf(format, bytes)) {
      const name = `${session} ${JSON.stringify(key)} ${JSON.stringify(value)}`.slice(0, 200);
      const after = changed(format, bytes, key, value);
      const mayBeRefused = format.onlyKept.includes(session) || format.opaqueKeys[session]?.includes(key);
      if (after === null && mayBeRefused !== true) refused.push(name);
      if (after === null) continue;
      const expected = value === undefined ? undefined : viewOfValue(asPerlHasIt(value, format));
      made.push({ name, of, after, key, expected });
    }
  }
  t.same(refused, [], 'refused is only what something else hangs on');
  const before = thawInPerl(
    format.perl,
    fixtures.map(({ bytes }) => bytes),
  );
  const after = thawInPerl(
    format.perl,
    made.map(({ after: bytes }) => bytes),
  );
  const wrong = made.flatMap((change, index) => mistake(change, before[change.of], after[index]) ?? []);
  t.same(wrong, [], `${made.length} changes`);
  t.ok(made.length > 200);
}

function changesOf(format: Format, bytes: Buffer): [string, SessionValue | undefined][] {
  const keys = Object.keys(format.codec.decode(bytes));
  const deeper: SessionValue = { now: ['changed', '17', null, 'two\nlines', {}, [], [{ n: 1 }]] };
  return [
    ...keys
      .slice(0, 40)
      .flatMap((key) =>
        [undefined, 'other', deeper].map((value): [string, SessionValue | undefined] => [key, value]),
      ),
    [textFor(format, 'added \u263a'), "it's new"],
    ['added', { list: ['x'.repeat(300), textFor(format, '\u263a'.repeat(300)), -129, 70_000] }],
  ];
}

/** Null if the codec says that it cannot be written. */
function changed(
  { codec }: Format,
  bytes: Buffer,
  key: string,
  value: SessionValue | undefined,
): Buffer | null {
  const data: SessionData = codec.decode(bytes);
  if (value === undefined) delete data[key];
  else data[key] = value;
  try {
    return codec.encode(data, bytes);
  } catch (error) {
    if (error instanceof Problem && error.code === 'SESSION_UNWRITABLE') return null;
    throw error;
  }
}

type Answer = Thawed | { error: string } | undefined;

/** What is wrong with a change; null if nothing is. */
function mistake({ name, key, expected }: Change, was: Answer, is: Answer): string | null {
  if (was === undefined || is === undefined || 'error' in was || 'error' in is) return `${name}: not read`;
  const wanted = entriesOf(was.value).filter(([at]) => at !== key);
  if (expected !== undefined) wanted.push([key, expected]);
  const found = entriesOf(is.value);
  if (found.length !== wanted.length || !isDeepStrictEqual(new Map(found), new Map(wanted))) return name;
  return isDeepStrictEqual(sharedWithout(is, key), sharedWithout(was, key)) ? null : `${name}: sharing`;
}

function entriesOf(view: View): [string, View][] {
  return (view as readonly unknown[]).slice(1) as [string, View][];
}

/** The groups of places that are one, without those at a key. */
function sharedWithout({ shared }: Thawed, key: string): unknown[] {
  return shared
    .map((group) => group.filter(([at]) => at !== key).map((place) => place.join('\0')))
    .filter((group) => group.length > 1)
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}
