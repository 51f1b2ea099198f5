import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { printFindings } from '../../src/cli/print-findings.ts';
import type { Finding } from '../../src/config/findings.ts';
import { settings } from '../../src/config/schema.ts';
import { diskWith, read } from '../helpers/settings.ts';

// Texts that nobody would write: whatever they are, they are read to the end, and what is said of them is ours.
// More of them: FUZZ_RUNS=100000 FUZZ_SEED=7 node test/config/fuzz.test.ts
const runs = Number(process.env['FUZZ_RUNS'] ?? 1500);
const seed = Number(process.env['FUZZ_SEED'] ?? 41);

const folder = join(import.meta.dirname, 'examples');
const examples = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
const disk = diskWith('ports/view.ts', 'ports/help.ts', 'ports/search.ts', 'ports/cart-add.ts');

/** What the yaml library says of broken texts (errors.js and compose-*.js): none of it may reach a person. */
const raw =
  /Flow map|Flow sequence|flow collection|Implicit |implicit |Nested mappings|block sequence|Plain value|Unresolved|at the same column|Source contains|Block collection|Document (contains|with)|Missing closing|Unexpected (token|scalar|flow|block|document|double|single|property)|must be indented|Not a YAML|[Aa] collection cannot be|Map keys must|Insufficient|Aliased|Excessive|TypeError|RangeError|undefined|\[object/;

function check(text: string): void {
  const { settings: found, findings } = read(text, { disk, env: { A: 'x' } });
  if (found === null && findings.length === 0) throw new Error('refused without a word');
  const lines = text.split(/\r?\n/);
  for (const finding of findings) checkFinding(finding, lines.length);
  if (findings.length > 101) throw new Error(`${findings.length} findings`);
  printFindings(findings);
}

function checkFinding({ code, message, help, line, column, length }: Finding, lines: number): void {
  if (!/^[a-z-]+$/.test(code)) throw new Error(`code ${code}`);
  const said = `${message} ${help ?? ''}`.replace(/"[^]*"/g, '""');
  if (raw.test(said)) throw new Error(`raw: ${said}`);
  if (line < 1 || line > lines || column < 1 || length < 1) throw new Error(`${line}:${column} of ${lines}`);
}

const odd = fc.constantFrom(
  '',
  ' ',
  '\t',
  '\n',
  '\r',
  '\0',
  '\ufeff',
  '\u00a0',
  '\u2028',
  '\ud800',
  '日',
  '#',
  ' #',
  ':',
  ': ',
  '- ',
  '? ',
  '| ',
  '> ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '&a ',
  '*a',
  '!t ',
  '<<: ',
  '%',
  '@',
  '`',
  '---\n',
  '...\n',
  '${A}',
  '${',
  '$${',
  '~',
  '\\',
  '  ',
  '9'.repeat(400),
  'x'.repeat(2000),
  '{'.repeat(60),
  '[['.repeat(40),
  '- '.repeat(30),
  '\n'.repeat(50),
  'null',
  'no',
  '0x1F',
  '1e999',
);

t.test('damaged examples are read to the end, and what is said of them is ours', async () => {
  const cut = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(12), put: odd });
  fc.assert(
    fc.property(fc.constantFrom(...examples), fc.array(cut, { minLength: 1, maxLength: 4 }), (text, cuts) => {
      const damaged = cuts.reduce((now, { at, drop, put }) => {
        const from = Math.floor(at * now.length);
        return now.slice(0, from) + put + now.slice(from + drop);
      }, text);
      check(damaged);
    }),
    { seed, numRuns: runs },
  );
});

t.test('any setting may have any value', async () => {
  const word = fc.oneof(
    odd,
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      'port',
      'port 5%',
      'shadow',
      'legacy',
      '5m',
      '1.5x',
      '[1%, 5%]',
      '{ a: b }',
      '{ to: port }',
      '10.0.0.1',
      'mysql://u:p@h/d',
      '/x',
    ),
  );
  const pair = fc.tuple(fc.constantFrom(...settings), word);
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 6 }), word, word, (pairs, key, target) => {
      const top = pairs
        .filter(([{ section }]) => section === 'file')
        .map(([each, value]) => `${each.key}: ${value}`);
      const inRoute = pairs
        .filter(([{ section }]) => section === 'route')
        .map(([each, value]) => `    ${each.key}: ${value}`);
      const nested = pairs
        .filter(([{ section }]) => !['file', 'route'].includes(section))
        .map(([{ section, key: name }, value]) => `    ${section}: { ${name}: ${value} }`);
      check(
        [...top, 'routes:', `  ${key}: ${target}`, '  /a:', '    to: legacy', ...inRoute, ...nested, ''].join(
          '\n',
        ),
      );
    }),
    { seed, numRuns: runs },
  );
});

t.test('keys of any kind are read or refused', async () => {
  const piece = fc.oneof(
    odd,
    fc.constantFrom(
      'GET ',
      'POST,GET ',
      '/',
      'a',
      '{x}',
      '*',
      '**',
      '$',
      '?',
      '&',
      '=',
      ';',
      '%41',
      '%',
      '.pl',
      '..',
      '+',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) =>
      check(`legacy: http://a\nroutes:\n  ${JSON.stringify(pieces.join(''))}: legacy\n`),
    ),
    { seed, numRuns: runs },
  );
});

t.test('ten thousand mistakes are counted, and the first ones shown', async (t) => {
  const routes = Array.from(
    { length: 10_000 },
    (_, at) => `  /r${at}.pl: { too: legacy, timeuot: 3 }\n`,
  ).join('');
  const { findings } = read(`legacy: http://a\nroutes:\n${routes}`);
  t.equal(findings.length, 101);
  t.match(findings.at(-1), { message: 'there are 29900 more errors' });
});
