import fc from 'fast-check';
import t from 'tap';
import { parseKey } from '../../src/routing/key.ts';
import { beyondShapes, findTies } from '../../src/routing/ties.ts';
import { methodFit } from '../../src/routing/method-fit.ts';
import { compareKeyParams, paramsMatch } from '../../src/routing/key-params.ts';
import { patternMatches, splitPath } from '../../src/routing/pattern.ts';
import { comparePatterns } from '../../src/routing/specificity.ts';
import { queryParams } from '../helpers/routing.ts';

const reads = (keys: readonly string[]) => keys.map((key) => ({ key, read: parseKey(key, null) }));
const ties = (...keys: string[]): string[] =>
  findTies(reads(keys)).map(({ earlier, later }) => `${later.key} ~ ${earlier.key}`);

t.test('keys that differ in their path, method or parameters do not tie', async (t) => {
  t.same(ties('/a', '/b', 'GET /a', '/a?x', '/a?x=1', '/a?x=2', '/{x}', '/a*', '/**'), []);
});

t.test('the same path with other names for its segments ties', async (t) => {
  t.same(ties('/i/{a}', '/i/{b}'), ['/i/{b} ~ /i/{a}']);
  t.same(ties('GET /i/{a}', 'POST,GET /i/{b}'), ['POST,GET /i/{b} ~ GET /i/{a}']);
});

t.test('globs of one length tie where some text fits both', async (t) => {
  t.same(ties('/a*', '/*b'), ['/*b ~ /a*']);
  t.same(ties('/a*', '/b*'), []);
  t.same(ties('/a*x', '/ab*'), ['/ab* ~ /a*x']);
});

t.test('two parameters tie, for a request may have both', async (t) => {
  t.same(ties('/c?a=1', '/c?b=1'), ['/c?b=1 ~ /c?a=1']);
  t.same(ties('/c?a', '/c?b'), ['/c?b ~ /c?a']);
  t.same(ties('/c?a=1', '/c?b'), [], 'one by value is more specific');
  t.same(ties('/c?a=1&b=1', '/c?a=2&d=1'), [], 'no request has both values');
  t.same(ties('/c?a=1&b=1', '/c?a=1&d=1'), ['/c?a=1&d=1 ~ /c?a=1&b=1']);
});

t.test('a third key that asks for both settles it', async (t) => {
  t.same(ties('/c?a=1', '/c?b=1', '/c?a=1&b=1'), []);
  t.same(ties('/c?a=1', '/c?b=1', '/c?a=1&b=2'), ['/c?b=1 ~ /c?a=1']);
});

t.test('a path may ask for 32 sets of parameter names', async (t) => {
  const keys = Array.from({ length: 34 }, (_, at) => `/c?a=${at}&p${at}=1`);
  t.same(
    beyondShapes(reads(keys)).map(({ key }) => key),
    keys.slice(32),
  );
});

t.test('10,000 keys of one path are held against each other without comparing all pairs', async (t) => {
  const values = Array.from({ length: 10_000 }, (_, at) => `/i.pl?Action=A${at}`);
  const globs = Array.from({ length: 10_000 }, (_, at) => `/r/${String(at).padStart(5, '0')}-*`);
  t.same(ties(...values, ...globs, '/i.pl?Action=A7'), ['/i.pl?Action=A7 ~ /i.pl?Action=A7']);
});

t.test('whatever does not tie has one winner for every request', async () => {
  const segment = fc.constantFrom('a', 'b', '{x}', '{y}', 'a*', '*a');
  const asked = fc.constantFrom('', '?p', '?q', '?p=1', '?p=2', '?q=1', '?p=1&q=1', '?p&q');
  const key = fc
    .tuple(fc.constantFrom('', 'GET ', 'GET,POST '), segment, asked)
    .map(([method, path, params]) => `${method}/${path}${params}`);
  const request = fc.tuple(
    fc.constantFrom('a', 'b', 'ab', 'aa', 'ba'),
    fc.constantFrom('', 'p=1', 'q=1', 'p=1&q=1', 'p=2&q=1', 'p=2'),
    fc.constantFrom('GET', 'POST', 'PUT'),
  );
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 8 }), request, (keys, [path, query, method]) => {
      fc.pre(ties(...keys).length === 0);
      const parts = splitPath(`/${path}`);
      const params = queryParams(query);
      const taking = reads(keys).filter(
        ({ read }) =>
          methodFit(read.methods, method) > 0 &&
          patternMatches(read.pattern, parts) &&
          paramsMatch(read.params, params),
      );
      const best = taking.filter(({ read: a }) =>
        taking.every(({ read: b }) => {
          const order =
            comparePatterns(a.pattern, b.pattern, 1) ||
            compareKeyParams(a.params, b.params) ||
            methodFit(b.methods, method) - methodFit(a.methods, method);
          return order <= 0;
        }),
      );
      return taking.length === 0 || best.length === 1;
    }),
    { seed: 11, numRuns: 3000 },
  );
});
