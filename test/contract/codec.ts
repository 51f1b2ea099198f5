import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Test } from 'tap';
import { Problem } from '../../src/errors.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { anyInteger, anyText, dice } from '../perl/dice.ts';
import type { CodecFixture } from './codec-fixtures.ts';
import { againInPerl, thawInPerl, viewOfValue } from './codec-perl.ts';
import type { PerlModule, Thawed, View } from './codec-perl.ts';

/** What a codec brings to the contract. */
export interface Contract {
  readonly codec: SessionCodec;
  readonly perl: PerlModule;
  /** Sessions that Perl wrote; all of them must be hashes. */
  readonly fixtures: readonly CodecFixture[];
  /** By session: the keys at or in which Opaques stand. Sessions that are not named have none. */
  readonly opaqueKeys: Readonly<Record<string, readonly string[]>>;
  /** What a new number is once it was written: some formats have only strings. The same number, if not given. */
  readonly numberAsRead?: (value: number) => SessionValue;
  /** Whether the format promises that what is untouched comes out as the very same bytes. */
  readonly untouched: 'identical' | 'equal';
  /** Changed bytes that are tried. */
  readonly mutations?: number;
}

/** Every codec of sessions keeps this contract, with the Perl that wrote them as the judge. */
export function codecContract(t: Test, contract: Contract): void {
  const { codec } = contract;
  t.test(`${codec.name}: reads what Perl reads`, async (t) => readsWhatPerlReads(t, contract));
  t.test(`${codec.name}: writes what it read`, async (t) => writesWhatItRead(t, contract));
  t.test(`${codec.name}: Perl reads every change, and all else as before`, async (t) => changes(t, contract));
  t.test(`${codec.name}: any session reaches Perl and comes back`, async (t) => anySessions(t, contract));
  t.test(`${codec.name}: no key means anything to JavaScript`, async (t) => ordinaryKeys(t, contract));
  t.test(`${codec.name}: what Perl has no value for is refused`, async (t) => refusals(t, contract));
  t.test(`${codec.name}: damage gives a session or a Problem`, async (t) => damage(t, contract));
}

function readsWhatPerlReads(t: Test, { codec, perl, fixtures, opaqueKeys }: Contract): void {
  const now = thawInPerl(
    perl,
    fixtures.map(({ bytes }) => bytes),
  );
  fixtures.forEach(({ session, bytes, thawed }, index) => {
    const data = codec.decode(bytes);
    const ours = viewOfValue(data);
    t.ok(agrees(ours, thawed), `${session}: as recorded`);
    t.ok(agrees(ours, valueOf(now[index])), `${session}: as Perl reads it today`);
    t.same(opaqueIn(data), [...(opaqueKeys[session] ?? [])].sort(), `${session}: Opaque at`);
  });
}

function writesWhatItRead(t: Test, { codec, perl, fixtures, untouched }: Contract): void {
  const written = fixtures.map(({ bytes }) => codec.encode(codec.decode(bytes), bytes));
  if (untouched === 'identical') {
    fixtures.forEach(({ session, bytes }, index) => t.ok(written[index]?.equals(bytes), `${session}: bytes`));
  }
  const grown = fixtures.map(({ bytes }) => codec.encode({ ...codec.decode(bytes), 'one more': 1 }, bytes));
  const restored = grown.map((bytes) => {
    const data = codec.decode(bytes);
    delete data['one more'];
    return codec.encode(data, bytes);
  });
  const before = thawInPerl(
    perl,
    fixtures.map(({ bytes }) => bytes),
  );
  differences(t, thawInPerl(perl, written), before, 'Perl reads the same');
  differences(t, thawInPerl(perl, restored), before, 'also after a key came and went');
}

interface Change {
  readonly name: string;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly key: string;
  /** What must stand at the key then; undefined if nothing. */
  readonly expected: View | undefined;
}

/** Each key of each session is removed, set to something else, and set to something deeper; and one is added. */
function changes(t: Test, { codec, perl, fixtures }: Contract): void {
  const made: Change[] = [];
  let refused = 0;
  for (const { session, bytes } of fixtures) {
    const keys = Object.keys(codec.decode(bytes));
    const make = (key: string, value: SessionValue | undefined): void => {
      const data = codec.decode(bytes);
      if (value === undefined) delete data[key];
      else data[key] = value;
      const name = `${session} ${JSON.stringify(key)} ${JSON.stringify(value)}`;
      try {
        const after = codec.encode(data, bytes);
        made.push({
          name,
          before: bytes,
          after,
          key,
          expected: value === undefined ? undefined : viewOfValue(value),
        });
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'SESSION_UNWRITABLE') throw error;
        refused += 1;
      }
    };
    for (const key of keys.slice(0, 40))
      for (const value of [undefined, 'other', [{ n: 1 }, null]]) make(key, value);
    make('added \u263a', "it's new");
    make('added', { list: ['x'.repeat(300), '\u263a'.repeat(300), -129, 70_000] });
  }
  const before = thawInPerl(
    perl,
    made.map((change) => change.before),
  );
  const after = thawInPerl(
    perl,
    made.map((change) => change.after),
  );
  const wrong = made.flatMap(({ name, key, expected }, index) => {
    const was = before[index];
    const is = after[index];
    if (was === undefined || is === undefined || 'error' in was || 'error' in is)
      return [`${name}: not read`];
    const wanted = entriesOf(was.value).filter(([at]) => at !== key);
    if (expected !== undefined) wanted.push([key, expected]);
    const found = entriesOf(is.value);
    const same = isDeepStrictEqual(new Map(found), new Map(wanted)) && found.length === wanted.length;
    const stillShared = isDeepStrictEqual(sharedWithout(is, key), sharedWithout(was, key));
    return same && stillShared ? [] : [same ? `${name}: sharing` : name];
  });
  t.same(wrong, [], `${made.length} changes`);
  t.ok(refused < made.length / 20, `${refused} refused`);
}

/** Every session that both languages have. */
const { session: anySession } = fc.letrec<{ session: SessionData; value: SessionValue }>((tie) => ({
  session: fc.dictionary(anyText, tie('value'), { maxKeys: 6, noNullPrototype: false }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    anyText,
    anyInteger,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('session') as fc.Arbitrary<SessionValue>,
  ),
}));

function anySessions(t: Test, { codec, perl, numberAsRead = (value) => value }: Contract): void {
  const pairs = fc.sample(fc.tuple(anySession, anySession), { ...dice, numRuns: 400 });
  const first = pairs.map(([data]) => codec.encode(data, null));
  const merged = pairs.map(([one, two]) => ({ ...one, ...two }));
  const second = merged.map((data, index) => codec.encode(data, first[index] ?? null));
  const sessions = [...pairs.map(([data]) => data), ...merged];
  const written = [...first, ...second];
  const expected = sessions.map((data) => viewOfValue(asRead(data, numberAsRead)));
  differences(
    t,
    written.map((bytes) => viewOfValue(codec.decode(bytes))),
    expected,
    'we read it',
  );
  differences(t, thawInPerl(perl, written).map(valueOf), expected, 'Perl reads it');
  const again = againInPerl(perl, written);
  differences(
    t,
    again.map((bytes) => viewOfValue(codec.decode(bytes))),
    expected,
    'we read what Perl writes then',
  );
}

function ordinaryKeys(t: Test, { codec, perl }: Contract): void {
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
  t.same(thawInPerl(perl, [written]).map(valueOf), [viewOfValue(hash(hash('x')))]);
  delete data['__proto__'];
  t.notOk(Object.keys(codec.decode(codec.encode(data, written))).includes('__proto__'));
}

function refusals(t: Test, { codec }: Contract): void {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push(cycle);
  const shared = ['x'];
  let over: unknown = shared;
  for (let level = 0; level < 60; level += 1) over = [over, over];
  let deep: unknown = 'bottom';
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const sparse: number[] = [];
  sparse[1] = 1;
  const values = [
    true,
    undefined,
    1n,
    Symbol('s'),
    () => 1,
    new Date(0),
    new Map(),
    { opaque: true, summary: '' },
  ];
  for (const value of [...values, 'x\ud800', { 'x\udc00': 1 }, sparse, cycle, over, deep]) {
    t.throws(() => codec.encode({ value } as SessionData, null), { code: 'SESSION_UNWRITABLE' });
  }
  t.throws(() => codec.encode([1] as unknown as SessionData, null), { code: 'SESSION_UNWRITABLE' });
}

/** Reads bytes of an enemy, and writes along them: only a session or a Problem may come of either. */
function attempt(codec: SessionCodec, hostile: Buffer): boolean {
  try {
    const data = codec.decode(hostile);
    if (Object.getPrototypeOf(data) !== null) throw new Error('a session with a prototype');
    if (!codec.encode(data, hostile).equals(hostile)) throw new Error('not the same bytes');
    codec.decode(codec.encode({ ...data, new: 'key' }, hostile));
    return true;
  } catch (error) {
    if (error instanceof Problem && /^SESSION_UN(READ|WRIT)ABLE$/.test(error.code)) return false;
    throw error;
  }
}

function damage(t: Test, { codec, fixtures, mutations = 2000 }: Contract): void {
  const started = performance.now();
  const small = fixtures.map(({ bytes }) => bytes).filter(({ length }) => length < 2000);
  for (const bytes of small) {
    for (let length = 0; length < bytes.length; length += 1) attempt(codec, bytes.subarray(0, length));
  }
  const interesting = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0, 1, 2, 3, 4, 0x7f, 0x80, 0xff),
  );
  const shift = fc.tuple(fc.nat(), fc.nat({ max: 6 }), fc.array(interesting, { maxLength: 6 }));
  const replace = fc.tuple(fc.nat(), fc.constant(1), fc.tuple(interesting));
  const edit = fc.oneof(shift, { arbitrary: replace, weight: 3 });
  let read = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...small),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (session, edits) => {
        let bytes = session;
        for (const [place, removed, inserted] of edits) {
          const at = place % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at + removed)]);
        }
        if (attempt(codec, bytes)) read += 1;
      },
    ),
    { ...dice, numRuns: mutations },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void attempt(codec, Buffer.from(noise))),
    { ...dice, numRuns: mutations / 10 },
  );
  const elapsed = performance.now() - started;
  t.ok(
    elapsed < 60_000,
    `${mutations} changed sessions, ${read} of them still read, in ${Math.round(elapsed)} ms`,
  );
  t.equal(({} as { polluted?: number }).polluted, undefined);
}

/** Whether we read what Perl reads; an Opaque of ours stands for anything that Perl may have there. */
function agrees(ours: unknown, perls: unknown): boolean {
  if (Array.isArray(ours) && ours[0] === 'other') return true;
  if (!Array.isArray(ours) || !Array.isArray(perls)) return ours === perls;
  return ours.length === perls.length && ours.every((part, index) => agrees(part, perls[index]));
}

function opaqueIn(data: SessionData): string[] {
  return Object.keys(data)
    .filter((key) => JSON.stringify(viewOfValue(data[key])).includes('["other"]'))
    .sort();
}

function asRead(value: SessionValue, numberAsRead: (value: number) => SessionValue): SessionValue {
  if (typeof value === 'number') return numberAsRead(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => asRead(item, numberAsRead));
  const hash: SessionData = Object.create(null);
  for (const [key, inner] of Object.entries(value as SessionData)) hash[key] = asRead(inner, numberAsRead);
  return hash;
}

function valueOf(thawed: Thawed | { error: string } | undefined): View {
  if (thawed === undefined || 'error' in thawed) return ['not read', thawed?.error];
  return thawed.value;
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

/** Compares two long lists; shows only the first that differ. */
function differences(t: Test, found: readonly unknown[], wanted: readonly unknown[], name: string): void {
  t.equal(found.length, wanted.length, `${name}: as many`);
  const differ = found.findIndex((one, index) => !isDeepStrictEqual(one, wanted[index]));
  t.same(found[differ], wanted[differ], differ < 0 ? name : `${name}: nr ${differ}`);
}
