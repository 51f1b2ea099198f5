import type { Test } from 'tap';
import type { SessionData } from '../../src/session/session.ts';
import { differences } from '../perl/dice.ts';
import { anySessions, ordinaryKeys, refusals } from './codec-chance.ts';
import { changes } from './codec-changes.ts';
import { damage } from './codec-damage.ts';
import { codecFixtures } from './codec-fixtures.ts';
import type { CodecFixture } from './codec-fixtures.ts';
import type { Format } from './codec-formats.ts';
import { agrees, readInPerl, thawInPerl, viewOfValue } from './codec-perl.ts';

/** Every codec of sessions keeps this contract, with the Perl that wrote them as the judge. */
export function codecContract(t: Test, format: Format): void {
  const all = codecFixtures(format.serializer);
  const fixtures = all.filter(({ session }) => !format.unreadable.includes(session));
  const { name } = format;
  t.test(`${name}: reads what Perl reads`, async (t) => readsWhatPerlReads(t, format, fixtures));
  t.test(`${name}: refuses what is no session`, async (t) => refusesTheRest(t, format, all));
  t.test(`${name}: writes what it read`, async (t) => writesWhatItRead(t, format, fixtures));
  t.test(`${name}: Perl reads every change, and all else as before`, async (t) =>
    changes(t, format, fixtures),
  );
  t.test(`${name}: any session reaches Perl and comes back`, async (t) => anySessions(t, format));
  t.test(`${name}: no key means anything to JavaScript`, async (t) => ordinaryKeys(t, format));
  t.test(`${name}: what Perl has no value for is refused`, async (t) => refusals(t, format));
  t.test(`${name}: damage gives a session or a Problem`, async (t) => damage(t, format, fixtures));
}

function readsWhatPerlReads(t: Test, { codec, perl, opaqueKeys }: Format, fixtures: CodecFixture[]): void {
  t.ok(fixtures.length >= 10, `${fixtures.length} fixtures`);
  const now = readInPerl(perl, bytesOf(fixtures));
  fixtures.forEach(({ session, bytes, thawed }, index) => {
    const data = codec.decode(bytes);
    const ours = viewOfValue(data);
    t.equal(Object.getPrototypeOf(data), null);
    if (thawed !== null) t.ok(agrees(ours, thawed), `${session}: as recorded`);
    t.ok(agrees(ours, now[index]), `${session}: as Perl reads it today`);
    t.same(opaqueIn(data), [...(opaqueKeys[session] ?? [])].sort(), `${session}: Opaque at`);
  });
}

function refusesTheRest(t: Test, { codec, unreadable }: Format, all: CodecFixture[]): void {
  for (const { session, bytes } of all.filter(
    ({ session, failed }) => failed || unreadable.includes(session),
  ))
    t.throws(() => codec.decode(bytes), { code: 'SESSION_UNREADABLE' }, session);
}

function writesWhatItRead(t: Test, { codec, perl }: Format, fixtures: CodecFixture[]): void {
  for (const { session, bytes } of fixtures)
    t.ok(codec.encode(codec.decode(bytes), bytes).equals(bytes), `${session}: the same bytes`);
  const restored = fixtures.map(({ bytes }) => {
    const data = codec.decode(bytes);
    try {
      const grown = codec.encode({ ...data, 'one more': 1 }, bytes);
      const { 'one more': _, ...rest } = codec.decode(grown);
      return codec.encode(rest, grown);
    } catch {
      return bytes; // what can only be kept; the changes below say which that are
    }
  });
  const before = thawInPerl(perl, bytesOf(fixtures));
  differences(t, thawInPerl(perl, restored), before, 'Perl reads the same after a key came and went');
}

function bytesOf(fixtures: readonly CodecFixture[]): Buffer[] {
  return fixtures.map(({ bytes }) => bytes);
}

function opaqueIn(data: SessionData): string[] {
  return Object.keys(data)
    .filter((key) => JSON.stringify(viewOfValue(data[key])).includes('["other"]'))
    .sort();
}
