import fc from 'fast-check';
import t from 'tap';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionValue } from '../../src/session/session.ts';
import { codecContract } from '../contract/codec.ts';
import { formatCalled, purePerlDumper, readAs } from '../contract/codec-formats.ts';
import { againInPerl } from '../contract/codec-perl.ts';
import type { View } from '../contract/codec-perl.ts';
import { anySession, dice, differences, leftover } from './dice.ts';
import { askPerl } from './real-perl.ts';

codecContract(t, formatCalled('dumper'));
codecContract(t, purePerlDumper());

t.test('whatever we write anew is nothing but the tokens that it may be', async (t) => {
  const written = fc
    .sample(anySession, { ...dice, numRuns: 1500 })
    .map((data) => dumperCodec.encode(data, null));
  t.same(
    written.map((text) => leftover(text.toString('latin1'))).filter((rest) => rest !== ''),
    [],
  );
});

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
  const before = readAs('dumper', knots) as (readonly View[])[];
  const after = readAs('dumper', grown);
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
  const written = dumperCodec.encode({ d: value }, null);
  t.same(againInPerl(formatCalled('dumper').perl, [written]), [written]);
});
