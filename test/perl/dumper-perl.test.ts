import fc from 'fast-check';
import t from 'tap';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { anySession, dice, differences, leftover } from './dice.ts';
import { dumperFixtures } from './fixtures.ts';
import { askPerl, shapeOf, thawInPerl } from './real-perl.ts';

/** What is expected back: Perl, like us, reads a long whole number as the string of its digits. */
function asRead(value: SessionValue): SessionValue {
  if (typeof value === 'number') return String(value).length > 10 ? String(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(asRead);
  const hash: SessionData = Object.create(null);
  for (const [key, inner] of Object.entries(value as SessionData)) hash[key] = asRead(inner);
  return hash;
}

t.test('any session is read by Perl, and by us, as it was written', async (t) => {
  const sessions = fc.sample(anySession, { ...dice, numRuns: 1500 });
  const written = sessions.map((session) => dumperCodec.encode(session, null));
  const expected = sessions.map((session) => shapeOf(asRead(session)));
  differences(t, thawInPerl(written), expected, 'Perl reads it');
  differences(
    t,
    written.map((text) => shapeOf(dumperCodec.decode(text))),
    expected,
    'we read it',
  );
  const again = written.map((text) => dumperCodec.encode(dumperCodec.decode(text), text));
  differences(t, again, written, 'we write the same bytes again');
  t.same(
    written.map((text) => leftover(text.toString('latin1'))).filter((rest) => rest !== ''),
    [],
    'only tokens',
  );
});

/** A recorded session with one key changed, one added and one removed, and what Perl must read of each key then. */
const changes = dumperFixtures()
  .filter(({ session }) => session !== 'top_array' && session !== 'empty')
  .flatMap(({ name, bytes }) => {
    const data = dumperCodec.decode(bytes);
    const plain = Object.keys(data).filter(
      (key) => (data[key] as { opaque?: unknown } | null)?.opaque !== true,
    );
    const [changed, removed] = plain;
    if (changed !== undefined) data[changed] = { now: ['changed', 1, null] };
    if (removed !== undefined) delete data[removed];
    data['added \u263a'] = "it's new";
    return { name, before: bytes, after: dumperCodec.encode(data, bytes), changed, removed };
  });

t.test('after a change Perl reads the change, and everything else as before', async (t) => {
  const before = thawInPerl(changes.map((change) => change.before));
  const after = thawInPerl(changes.map((change) => change.after));
  changes.forEach(({ name, changed, removed }, index) => {
    const expected = new Map(
      (before[index] as ['hash', ...[string, unknown][]]).slice(1) as [string, unknown][],
    );
    if (changed !== undefined) expected.set(changed, shapeOf({ now: ['changed', 1, null] }));
    if (removed !== undefined) expected.delete(removed);
    expected.set('added \u263a', "it's new");
    const read = new Map((after[index] as ['hash', ...[string, unknown][]]).slice(1) as [string, unknown][]);
    t.same([...read.keys()].sort(), [...expected.keys()].sort(), `${name}: keys`);
    for (const [key, value] of expected) t.same(read.get(key), value, `${name}: ${JSON.stringify(key)}`);
  });
});

t.test('any change of any session is what Perl reads', async (t) => {
  const pairs = fc.sample(fc.tuple(anySession, anySession), { ...dice, numRuns: 500 });
  const merged = pairs.map(([first, second]) => ({ ...first, ...second }));
  const written = pairs.map(([first], index) =>
    dumperCodec.encode(merged[index] ?? {}, dumperCodec.encode(first, null)),
  );
  const perls = thawInPerl(written);
  differences(
    t,
    perls,
    merged.map((session) => shapeOf(asRead(session))),
    'Perl reads it',
  );
});

type Knot = readonly ['hash', ...unknown[]];

t.test('sessions tied in knots are kept byte for byte, and take a new key', async (t) => {
  const seeds = Array.from({ length: 200 }, (_, index) => index + 1);
  const knots = (askPerl('knots', seeds) as string[]).map((hex) => Buffer.from(hex, 'hex'));
  t.ok(
    knots.filter((text) => text.includes(';;$D') && text.includes('};$')).length > 200,
    'most have fixups',
  );
  differences(
    t,
    knots.map((text) => dumperCodec.encode(dumperCodec.decode(text), text)),
    knots,
    'the same bytes',
  );
  const grown = knots.map((text) => dumperCodec.encode({ ...dumperCodec.decode(text), new: 'key' }, text));
  const before = thawInPerl(knots) as Knot[];
  const after = thawInPerl(grown);
  differences(
    t,
    after,
    before.map((hash) => [...hash, ['new', 'key']]),
    'Perl reads the new key and all the others',
  );
});

t.test('as deep as we may write, Perl can read and write again', async (t) => {
  let value: SessionValue = 'bottom';
  for (let level = 1; level < 1000; level += 1) value = [value];
  const hex = dumperCodec.encode({ d: value }, null).toString('hex');
  t.same(askPerl('again', [hex]), [hex]);
});
