import fc from 'fast-check';
import t from 'tap';
import { fifteenDigits } from '../../src/perl/dumper-literals.ts';
import { dumperCodec } from '../../src/perl/dumper.ts';
import { anyInteger, anyText, dangerous, dice, leftover } from './dice.ts';
import { readAs } from '../contract/codec-formats.ts';
import { viewOfValue } from '../contract/codec-perl.ts';
import { askPerl } from './real-perl.ts';

t.test('the dangerous texts come out as nothing but literals', async (t) => {
  dangerous.forEach((text, index) => {
    const written = dumperCodec.encode({ [text]: [text] }, null).toString('latin1');
    t.equal(leftover(written), '', `text ${index}`);
  });
});

t.test('Perl reads the dangerous texts as what they are', async (t) => {
  const sessions = dangerous.map((text) => ({ k: text, [`${text}!`]: text }));
  const perls = readAs(
    'dumper',
    sessions.map((session) => dumperCodec.encode(session, null)),
  );
  sessions.forEach((session, index) => t.same(perls[index], viewOfValue(session), `text ${index}`));
});

t.test('our text is byte for byte the text of the XS writer', async (t) => {
  const texts = [...dangerous, ...fc.sample(anyText, { ...dice, numRuns: 2000 })];
  const perls = askPerl(
    'freeze',
    texts.map((text) => [text]),
  ) as string[];
  const ours = texts.map((text) => dumperCodec.encode({ k: text }, null).toString('hex'));
  t.same(
    ours.filter((hex, index) => hex !== perls[index]),
    [],
  );
});

t.test('our whole numbers are byte for byte those of the XS writer', async (t) => {
  const numbers = [
    0,
    1,
    -1,
    999999999,
    9999999999,
    -999999999,
    -1000000000,
    ...fc.sample(anyInteger, { ...dice, numRuns: 500 }),
  ];
  const perls = askPerl(
    'freeze',
    numbers.map((number) => [String(number), 1]),
  ) as string[];
  const ours = numbers.map((number) => dumperCodec.encode({ k: number }, null).toString('hex'));
  t.same(
    ours.filter((hex, index) => hex !== perls[index]),
    [],
  );
});

t.test('other numbers are printed as Perl prints them', async (t) => {
  const halves = fc.integer({ min: 1e12, max: 2e12 }).map((whole) => whole + 0.125);
  const any = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    halves,
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  const special = [
    0.1, 0.3, 1e15, 1e16, 123456789012345.6, 1e-4, 1e-5, 999999999999999.9, 5e-324, 1.7976931348623157e308,
  ];
  const numbers = [...special, ...fc.sample(any, { ...dice, numRuns: 5000 })].filter(
    (number) => !Object.is(number, -0),
  );
  const hex = numbers.map((number) => {
    const double = Buffer.alloc(8);
    double.writeDoubleBE(number);
    return double.toString('hex');
  });
  const perls = askPerl('print', hex) as string[];
  t.same(
    numbers.filter((number, index) => fifteenDigits(number) !== perls[index]),
    [],
  );
});
