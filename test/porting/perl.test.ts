import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import * as perl from '../../src/porting/perl.ts';

const script = join(import.meta.dirname, 'ask-perl.pl');

/** What real Perl makes of each question, in one process. */
function askPerl(questions: readonly (readonly unknown[])[], zone = 'UTC'): unknown[] {
  const input = JSON.stringify(questions, (_, value: unknown) => {
    if (typeof value !== 'number') return value;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return { double: bytes.toString('hex') };
  });
  const ran = spawnSync('perl', [script], { input, encoding: 'utf8', env: { ...process.env, TZ: zone } });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as unknown[];
}

/** So many values of an arbitrary, the same on each run. */
function some<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { numRuns, seed: 20061129 });
}

const texts = [
  '',
  '0',
  '00',
  '0.0',
  '0E0',
  ' ',
  '1',
  ' 12',
  '10 pcs',
  '1.0',
  '-',
  '+5',
  '.5',
  '5.',
  '1e3',
  '1e',
];
texts.push('1_000', '0x1F', 'abc', 'inf', '-Infinity', 'nan', '1e400', '\n3', '٣');
const doubles = some(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
    fc.integer({ min: -4000, max: 4000 }).map((eighths) => eighths / 8),
  ),
  1_500,
);
const whole = [0, 1e15, 1e16, 123456789012345680, 1e20, 2 ** 63, 1e21, 1e100];
const numbers = [...whole, 0.1 + 0.2, 1 / 3, 1e-5, -1e-300, 5e-324, ...doubles];

t.test('what is true', async (t) => {
  const values = [...texts, null, 0, 1, -0.5];
  const wanted = askPerl(values.map((value) => ['isTrue', value]));
  t.same(
    values.map((value) => (perl.isTrue(value) ? 1 : 0)),
    wanted,
  );
});

t.test('a text as a number: the digits at its front', async (t) => {
  const wanted = askPerl(texts.map((text) => ['number', text])).map((said) => perl.number(said as string));
  t.same(texts.map(perl.number), wanted);
});

t.test('of a 0 the minus is printed, and calculated with unless it is all there is', async (t) => {
  const zeros = ['-0', '-00', ' -0', '-0 pcs', '-0.0', '-.0', '-0e0', '0', '-0.', '-0 '];
  for (const [question, say] of [
    ['sprintf', (text: string) => perl.sprintf('%.2f', text)],
    ['product', (text: string) => perl.sprintf('%.2f', 12.99 * perl.number(text))],
  ] as const) {
    const wanted = askPerl(zeros.map((text) => [question, question === 'sprintf' ? '%.2f' : 12.99, text]));
    t.same(zeros.map(say), wanted, question);
  }
});

t.test('a number as Perl prints it', async (t) => {
  const asDoubles = numbers.filter((number) => !Number.isSafeInteger(number) || Math.abs(number) < 1e15);
  const wanted = askPerl(asDoubles.map((number) => ['print', number]));
  const wrong = asDoubles.flatMap((number, at) => {
    const said = perl.print(number);
    return said === wanted[at] ? [] : [{ number, said, wanted: wanted[at] }];
  });
  t.same(wrong.slice(0, 5), []);
  t.equal(perl.print(1_164_800_000_123_000), '1164800000123000', 'a whole number has all its digits');
  t.equal(perl.print(null), '');
});

t.test('int goes towards 0, and % has the sign of its right side', async (t) => {
  const values = [3.7, -3.7, -0.2, '12 apples', 1e10];
  t.same(
    values.map((value) => perl.sprintf('%.0f', perl.int(value))),
    askPerl(values.map((value) => ['int', value])),
  );
  const pairs = some(
    fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -9, max: 9 })),
    300,
  ).filter(([, by]) => by !== 0);
  t.same(
    pairs.map(([left, right]) => String(perl.modulo(left, right))),
    askPerl(pairs.map((pair) => ['modulo', ...pair])),
  );
  t.throws(() => perl.modulo(1, 0), RangeError);
});

t.test('sprintf: every conversion, flag, width and precision, with numbers and texts', async (t) => {
  const conversion = fc
    .tuple(
      fc.array(fc.constantFrom('-', '+', ' ', '0', '#'), { maxLength: 2 }).map((flags) => flags.join('')),
      fc.option(fc.integer({ min: 1, max: 20 }), { nil: '' }),
      fc.option(
        fc.integer({ min: 0, max: 18 }).map((places) => `.${places}`),
        { nil: '' },
      ),
      fc.constantFrom(...'sdiuoxXbBeEfFgG'.split('')),
    )
    .map((parts) => `%${parts.join('')}`);
  const isSmall = (value: perl.PerlScalar) => Math.abs(perl.number(value)) < 2 ** 63;
  const questions = some(
    fc.tuple(conversion, fc.constantFrom<perl.PerlScalar>(...[...texts, ...numbers].filter(isSmall))),
    8_000,
  );
  const wanted = askPerl(questions.map(([format, value]) => ['sprintf', format, value]));
  const wrong = questions.flatMap(([format, value], at) => {
    const said = perl.sprintf(format, value);
    return said === wanted[at] ? [] : [{ format, value, said, wanted: wanted[at] }];
  });
  t.same(wrong.slice(0, 5), []);
});

t.test('sprintf: arguments that are counted, widths that are arguments, what it does not know', async (t) => {
  const questions: [string, ...perl.PerlScalar[]][] = [
    ['%2$s-%1$s', 'a', 'b'],
    ['%*d|%-*d|%.*f', 5, 42, 5, 42, 2, 2.345],
    ['100%% %s', 'sure'],
    ['%s and %s', 'one'],
    ['%y %s', 'x'],
    ['%c%c', 65, 228],
    ['%05.1f %+d % d', 2.25, 3, 3],
  ];
  t.same(
    questions.map((question) => perl.sprintf(...question)),
    askPerl(questions.map((question) => ['sprintf', ...question])),
  );
});

t.test('split leaves out what is empty at the end, and knows limits, groups and blanks', async (t) => {
  const patterns = [',', ' ', '', '\\s*,\\s*', '(,)', '(a)|b', '^', '\\b'];
  const pieces = ['a,b,,', ',a', '', ',,,', ' a  b ', 'abc', 'a, b ,c', 'a\nb\nc\n', 'ab'];
  const questions = patterns.flatMap((pattern) =>
    pieces.flatMap((text) => [0, -1, 1, 2, 3].map((limit) => [pattern, text, limit] as const)),
  );
  const wanted = askPerl(
    questions.map((question) => ['split', question[0], question[1], String(question[2])]),
  );
  const wrong = questions.flatMap(([pattern, text, limit], at) => {
    const said = perl.split(pattern === ' ' ? ' ' : new RegExp(pattern), text, limit);
    return JSON.stringify(said) === JSON.stringify(wanted[at])
      ? []
      : [{ pattern, text, limit, said, wanted: wanted[at] }];
  });
  t.same(wrong, []);
});

t.test('localtime counts months from 0 and years from 1900, and knows summer', async (t) => {
  const zone = process.env['TZ'];
  t.teardown(() => (zone === undefined ? delete process.env['TZ'] : (process.env['TZ'] = zone)));
  for (const name of ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney']) {
    process.env['TZ'] = name;
    const seconds = [
      0, 936_869_200, 1_170_000_000, 1_183_000_000, 1_199_145_599, 1_199_145_600, 1_711_846_800,
      1_711_850_400,
    ];
    const dates = seconds.map((second) => new Date(second * 1000));
    t.same(
      dates.map((date) => perl.localtime(date)),
      askPerl(
        seconds.map((second) => ['localtime', second]),
        name,
      ).map((fields) => (fields as unknown[]).map(Number)),
      name,
    );
    t.same(
      dates.map((date) => perl.localtimeText(date)),
      askPerl(
        seconds.map((second) => ['localtimeText', second]),
        name,
      ),
      name,
    );
  }
});
