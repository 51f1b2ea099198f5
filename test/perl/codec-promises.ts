import fc from 'fast-check';
import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { anySession, dice, differences } from './dice.ts';
import type { Fixture } from './fixtures.ts';
import { readInPerl } from './other-perl.ts';
import { shapeOf } from './real-perl.ts';

/** What is particular to one format. */
export interface Particulars {
  /** Cases that are refused, and why they must be is written beside them. */
  readonly unreadable: readonly string[];
  /** Cases that our Perl reads otherwise than the Perl of the fixtures did, or not at all. */
  readonly notInThisPerl?: readonly string[];
  /** Cases that can be kept and not changed. */
  readonly onlyKept?: readonly string[];
  /** A whole number of more than ten digits comes back as text. */
  readonly longIntegersAreText?: true;
  /** All numbers come back as text. */
  readonly numbersAreText?: true;
  /** Characters above U+00FF are refused. */
  readonly bytesOnly?: true;
  /** What hostile edits insert. */
  readonly pieces: readonly string[];
}

/** Whether we read what Perl reads; an Opaque of ours stands for anything but plain text and numbers. */
export function agrees(ours: unknown, perls: unknown): boolean {
  if (Array.isArray(ours) && ours[0] === 'other') return true;
  if (!Array.isArray(ours) || !Array.isArray(perls)) return Object.is(ours, perls);
  return ours.length === perls.length && ours.every((part, index) => agrees(part, perls[index]));
}

const isOpaque = (value: SessionValue | undefined): boolean =>
  (value as { opaque?: unknown } | null | undefined)?.opaque === true;

/** Holds a codec against its fixtures, the real Perl, chance and malice. */
export function holdCodec(codec: SessionCodec, all: Fixture[], particulars: Particulars): void {
  const { name } = codec;
  const session = particulars.bytesOnly === true ? anySession.map(toBytes) : anySession;
  const isReadable = ({ session }: Fixture) => !particulars.unreadable.includes(session);
  const fixtures = all.filter((one) => isReadable(one) && !one.failed);

  t.test(`${name}: we read from every fixture what Perl read`, async (t) => {
    t.ok(fixtures.length >= 8, `${fixtures.length} fixtures`);
    for (const one of fixtures) {
      const data = codec.decode(one.bytes);
      t.equal(Object.getPrototypeOf(data), null);
      if (one.thawed !== null) t.ok(agrees(shapeOf(data), one.thawed), one.name);
    }
    for (const one of all.filter((other) => !fixtures.includes(other)))
      t.throws(() => codec.decode(one.bytes), { code: 'SESSION_UNREADABLE' }, one.name);
  });

  t.test(`${name}: and what the Perl of this machine reads`, async (t) => {
    const here = fixtures.filter(({ session }) => particulars.notInThisPerl?.includes(session) !== true);
    const perls = readInPerl(
      name,
      here.map(({ bytes }) => bytes),
    );
    here.forEach((one, index) => {
      const ours = shapeOf(codec.decode(one.bytes));
      if (!agrees(ours, perls[index])) t.same(ours, perls[index], one.name);
    });
  });

  t.test(`${name}: untouched, every fixture keeps its bytes`, async (t) => {
    for (const one of fixtures)
      t.ok(codec.encode(codec.decode(one.bytes), one.bytes).equals(one.bytes), one.name);
  });

  t.test(`${name}: after a change Perl reads the change, and everything else as before`, async (t) => {
    const changeable = fixtures.filter(({ session }) => particulars.onlyKept?.includes(session) !== true);
    const changes = changeable.map((one) => {
      const data = codec.decode(one.bytes);
      const plain = Object.keys(data).filter((key) => !isOpaque(data[key]));
      const [changed, removed] = plain;
      if (changed !== undefined) data[changed] = { now: ['changed', '17', null, 'two\nlines', {}, []] };
      if (removed !== undefined) delete data[removed];
      data['added'] = "it's new";
      return { one, changed, removed, after: codec.encode(data, one.bytes) };
    });
    const before = readInPerl(
      name,
      changeable.map(({ bytes }) => bytes),
    );
    const after = readInPerl(
      name,
      changes.map((change) => change.after),
    );
    changes.forEach(({ one, changed, removed, after: text }, index) => {
      if (particulars.notInThisPerl?.includes(one.session) === true) return;
      const expected = new Map(
        (before[index] as [string, ...[string, unknown][]]).slice(1) as [string, unknown][],
      );
      if (changed !== undefined)
        expected.set(changed, shapeOf({ now: ['changed', '17', null, 'two\nlines', {}, []] }));
      if (removed !== undefined) expected.delete(removed);
      expected.set('added', "it's new");
      const read = Array.isArray(after[index]) ? (after[index] as unknown[]).slice(1) : after[index];
      const wanted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
      t.same(read, wanted, `${one.name}: ${text.toString('latin1').slice(0, 2000)}`);
    });
  });

  t.test(`${name}: any session is read by Perl, and by us, as it was written`, async (t) => {
    const sessions = fc.sample(session, { ...dice, numRuns: 600 });
    const written = sessions.map((session) => codec.encode(session, null));
    const ours = sessions.map((session) => shapeOf(asRead(session, particulars)));
    const perls = readInPerl(name, written);
    differences(t, perls, ours, 'Perl reads it');
    differences(
      t,
      written.map((text) => shapeOf(codec.decode(text))),
      ours,
      'we read it',
    );
    const again = written.map((text) => codec.encode(codec.decode(text), text));
    differences(t, again, written, 'we write the same bytes again');
  });

  t.test(`${name}: any change of any session is what Perl reads`, async (t) => {
    const pairs = fc.sample(fc.tuple(session, session), { ...dice, numRuns: 300 });
    const usual = pairs.map(([first, second]): [SessionData, SessionData] => [{ a: 1, ...first }, second]);
    const merged = usual.map(([first, second]) => ({ ...first, ...second }));
    const written = usual.map(([first], at) => codec.encode(merged[at] ?? {}, codec.encode(first, null)));
    const wanted = merged.map((session) => shapeOf(asRead(session, particulars)));
    differences(t, readInPerl(name, written), wanted, 'Perl reads it');
  });

  t.test(`${name}: cut short or edited, a session is read or refused`, async (t) => {
    const short = fixtures.filter(({ bytes }) => bytes.length < 1500);
    for (const { bytes } of short) {
      for (let length = 0; length < bytes.length; length += 1) attempt(codec, bytes.subarray(0, length));
    }
    const piece = fc.oneof(
      fc.constantFrom(...particulars.pieces, '__proto__', '\0', '9', '\xff'),
      fc.string({ minLength: 1, maxLength: 3, unit: 'binary-ascii' }),
    );
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 8 }), piece);
    fc.assert(
      fc.property(
        fc.constantFrom(...short.map(({ bytes }) => bytes)),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.uint8Array({ maxLength: 60 }),
        (session, edits, noise) => {
          let text = session.toString('latin1');
          for (const [place, removed, inserted] of edits) {
            const at = place % (text.length + 1);
            text = text.slice(0, at) + inserted + text.slice(at + removed);
          }
          const bytes = Buffer.from(text, 'latin1');
          attempt(codec, Buffer.from(noise));
          if (!attempt(codec, bytes)) return;
          // What can be read can be kept.
          if (!codec.encode(codec.decode(bytes), bytes).equals(bytes)) throw new Error('not kept');
        },
      ),
      { ...dice, numRuns: 1500 },
    );
    t.equal(({} as { polluted?: number }).polluted, undefined);
  });
}

/** Reads bytes of an enemy: only a session or a Problem may come of it. */
function attempt(codec: SessionCodec, hostile: Buffer): boolean {
  try {
    codec.decode(hostile);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'SESSION_UNREADABLE') return false;
    throw error;
  }
}

function asRead(value: SessionValue, particulars: Particulars): SessionValue {
  if (typeof value === 'number') {
    if (particulars.numbersAreText === true) return String(value);
    return particulars.longIntegersAreText === true && String(value).length > 10 ? String(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => asRead(item, particulars));
  const hash: SessionData = Object.create(null);
  for (const [key, inner] of Object.entries(value as SessionData)) hash[key] = asRead(inner, particulars);
  return hash;
}

/** A session with the UTF-8 of all its text, and without text that YAML::Syck stumbles over. */
function toBytes(session: SessionData): SessionData {
  const bytesOf = (text: string): string => Buffer.from(text.replace(/^=\0/, '')).toString('latin1');
  const convert = (value: SessionValue): SessionValue => {
    if (typeof value === 'string') return bytesOf(value);
    if (Array.isArray(value)) return value.map(convert);
    return typeof value === 'object' && value !== null ? toBytes(value as SessionData) : value;
  };
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(session).map(([key, value]) => [bytesOf(key), convert(value)])),
  ) as SessionData;
}
