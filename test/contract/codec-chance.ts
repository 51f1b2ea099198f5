import fc from 'fast-check';
import type { Test } from 'tap';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { anySession, dice, differences } from '../perl/dice.ts';
import type { Format } from './codec-formats.ts';
import { againInPerl, agrees, readInPerl, viewOfValue } from './codec-perl.ts';
import type { View } from './codec-perl.ts';

/** New sessions, and sessions that became others, are to Perl and to us what they were when they were written. */
export function anySessions(t: Test, format: Format): void {
  const { codec, perl } = format;
  const session = format.bytesOnly ? anySession.map(inBytes) : anySession;
  const pairs = fc.sample(fc.tuple(session, session), { ...dice, numRuns: 400 });
  // Never empty, so that there is a text to write along; and a number, which no chance takes away.
  const firsts = pairs.map(([data]): SessionData => ({ a: 1, ...data }));
  const merged = pairs.map(([, two], index): SessionData => ({ ...firsts[index], ...two }));
  const first = firsts.map((data) => codec.encode(data, null));
  const second = merged.map((data, index) => codec.encode(data, first[index] ?? null));
  const written = [...first, ...second];
  const expected = [...firsts, ...merged].map((data) => viewOfValue(asPerlHasIt(data, format)));
  const read = (bytes: Buffer): View => viewOfValue(codec.decode(bytes));
  differences(t, written.map(read), expected, 'we read it');
  differences(t, readInPerl(perl, written), expected, 'Perl reads it');
  const kept = written.map((bytes) => codec.encode(codec.decode(bytes), bytes));
  differences(t, kept, written, 'we write the same bytes again');
  const again = againInPerl(perl, written);
  const perls = readInPerl(perl, again);
  const whole = again.flatMap((bytes, index) => {
    const answer = perls[index];
    return answer === undefined || isError(answer) ? [] : [{ bytes, ours: read(bytes), answer }];
  });
  t.ok(whole.length > again.length / 3, `${whole.length} of ${again.length} that Perl wrote, it could read`);
  const wrong = whole.filter(({ ours, answer }) => !agrees(ours, answer));
  t.same(wrong.slice(0, 1), [], 'we read what Perl writes then');
}

function isError(answer: View | { error: string }): answer is { error: string } {
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}

/** Names that mean something in JavaScript are keys like any other. */
export function ordinaryKeys(t: Test, { codec, perl }: Format): void {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'opaque',
    'length',
    '0',
    '',
  ];
  const hash = (inner: SessionValue): SessionData => {
    const data: SessionData = Object.create(null);
    for (const name of names) data[name] = inner;
    return data;
  };
  const written = codec.encode(hash(hash('x')), null);
  const data = codec.decode(written);
  t.same(Object.keys(data).sort(), [...names].sort());
  t.equal(Object.getPrototypeOf(data), null);
  t.equal(Object.getPrototypeOf(data['__proto__']), null);
  t.equal(({} as { x?: string }).x, undefined);
  t.same(readInPerl(perl, [written]), [viewOfValue(hash(hash('x')))]);
  delete data['__proto__'];
  t.notOk(Object.keys(codec.decode(codec.encode(data, written))).includes('__proto__'));
}

/** What would not come back as it is must not be written. */
export function refusals(t: Test, { codec, bytesOnly }: Format): void {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push(cycle);
  let over: unknown = ['x'];
  for (let level = 0; level < 60; level += 1) over = [over, over];
  let deep: unknown = 'bottom';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const sparse: number[] = [];
  sparse[1] = 1;
  const values: unknown[] = [true, undefined, 1n, Symbol('s'), () => 1, new Date(0), new Map()];
  values.push({ opaque: true, summary: '' }, 'x\ud800', { 'x\udc00': 1 }, sparse, cycle, over, deep);
  if (bytesOnly) values.push('\u263a', { '\u263a': 1 });
  for (const value of values)
    t.throws(() => codec.encode({ value } as SessionData, null), { code: 'SESSION_UNWRITABLE' });
  t.throws(() => codec.encode([1] as unknown as SessionData, null), { code: 'SESSION_UNWRITABLE' });
}

/** A value as the format brings it back. */
export function asPerlHasIt(value: SessionValue, format: Format): SessionValue {
  if (typeof value === 'number') return format.numberAsRead(value + 0);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => asPerlHasIt(item, format));
  const hash: SessionData = Object.create(null);
  for (const [key, inner] of Object.entries(value as SessionData)) hash[key] = asPerlHasIt(inner, format);
  return hash;
}

/** A text, or the UTF-8 of it where characters are bytes. */
export function textFor({ bytesOnly }: Format, text: string): string {
  return bytesOnly ? Buffer.from(text).toString('latin1') : text;
}

/** A session with the UTF-8 of all its text, and without text that YAML::Syck stumbles over. */
function inBytes(session: SessionData): SessionData {
  const bytesOf = (text: string): string => Buffer.from(text.replace(/^=\0/, '')).toString('latin1');
  const convert = (value: SessionValue): SessionValue => {
    if (typeof value === 'string') return bytesOf(value);
    if (Array.isArray(value)) return value.map(convert);
    return typeof value === 'object' && value !== null ? inBytes(value as SessionData) : value;
  };
  const converted: SessionData = Object.create(null);
  for (const [key, value] of Object.entries(session)) converted[bytesOf(key)] = convert(value);
  return converted;
}
