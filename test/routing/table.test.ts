import fc from 'fast-check';
import t from 'tap';
import { parseKey } from '../../src/routing/key.ts';
import { compilePattern, patternMatches, splitPath } from '../../src/routing/pattern.ts';
import type { Route } from '../../src/routing/route.ts';
import { comparePatterns } from '../../src/routing/specificity.ts';
import { makeTable, type Table } from '../../src/routing/table.ts';
import { emptyTrie, find, methodFit, plant } from '../../src/routing/trie.ts';
import { routeOf, tableOf } from '../helpers/routing.ts';

const winner = (keys: string[], method: string, path: string): string =>
  tableOf(keys).match(method, path).key;

t.test('a request goes to the route that names its path', async (t) => {
  t.equal(winner(['/a', '/b'], 'GET', '/b'), '/b');
});

t.test('what no route names goes to the built-in route, on legacy', async (t) => {
  const table = tableOf(['/a']);
  const route = table.match('GET', '/zzz');
  t.match(route, { name: '(unmatched)', line: 0, port: null, session: 'write', timeoutMs: 30_000 });
  t.equal(route.target.stage, 'legacy');
  t.equal(route, table.rest);
  t.equal(table.match('OPTIONS', '*'), table.rest);
});

t.test('a file that names /** says itself what happens to the rest', async (t) => {
  const table = tableOf(['/a', '/**']);
  t.equal(table.match('GET', '/zzz').key, '/**');
  t.equal(table.match('GET', '/').key, '/**');
  t.equal(table.rest.line, 2);
  t.equal(tableOf(['GET /**']).match('POST', '/x').name, '(unmatched)');
});

t.test('literal beats glob beats {name} beats **, whatever the order in the file', async (t) => {
  const keys = ['/s/**', '/s/{x}', '/s/a*', '/s/abc'];
  for (const order of [keys, keys.toReversed()]) {
    t.equal(winner(order, 'GET', '/s/abc'), '/s/abc');
    t.equal(winner(order, 'GET', '/s/abd'), '/s/a*');
    t.equal(winner(order, 'GET', '/s/xyz'), '/s/{x}');
    t.equal(winner(order, 'GET', '/s/x/y'), '/s/**');
    t.equal(winner(order, 'GET', '/s'), '/s/**');
  }
});

t.test('segments are compared from left to right', async (t) => {
  t.equal(winner(['/{a}/b', '/a/{b}'], 'GET', '/a/b'), '/a/{b}');
  t.equal(winner(['/{a}/b/c', '/a/**'], 'GET', '/a/b/c'), '/a/**');
});

t.test('a more specific path that leads nowhere gives way', async (t) => {
  t.equal(winner(['/a/b/c', '/{x}/b/d'], 'GET', '/a/b/d'), '/{x}/b/d');
  t.equal(winner(['POST /item/new', '/item/{id}'], 'GET', '/item/new'), '/item/{id}');
});

t.test('a route that names the method beats one that does not', async (t) => {
  const keys = ['/a', 'POST /a', 'GET,PUT /a'];
  t.equal(winner(keys, 'POST', '/a'), 'POST /a');
  t.equal(winner(keys, 'PUT', '/a'), 'GET,PUT /a');
  t.equal(winner(keys, 'DELETE', '/a'), '/a');
});

t.test('a GET route also takes HEAD, unless another names HEAD', async (t) => {
  t.equal(winner(['GET /a', '/a'], 'HEAD', '/a'), 'GET /a');
  t.equal(winner(['GET /a', 'HEAD /a'], 'HEAD', '/a'), 'HEAD /a');
});

t.test('PATH_INFO goes to the script unless a route names it', async (t) => {
  const keys = ['/cgi-bin/view.pl', '/cgi-bin/**', '/cgi-bin/view.pl/old/**'];
  t.equal(winner(keys, 'GET', '/cgi-bin/view.pl/7'), '/cgi-bin/view.pl');
  t.equal(winner(keys, 'GET', '/cgi-bin/view.pl/old/1'), '/cgi-bin/view.pl/old/**');
  t.equal(winner(keys, 'GET', '/cgi-bin/other.pl'), '/cgi-bin/**');
});

t.test('a table and its routes cannot be changed', async (t) => {
  const route = routeOf('/a', 1);
  const table = makeTable({ revision: 7, routes: [route], restSession: 'none', restTimeoutMs: 5 });
  t.equal(table.revision, 7);
  t.ok([table, table.routes, table.routes[0], table.routes[0]?.target, table.rest].every(Object.isFrozen));
});

t.test('looking up a path visits as many nodes among 10,000 routes as among 10', async (t) => {
  const visits = (count: number, path: string): number => {
    const root = emptyTrie();
    for (let i = 0; i < count; i++) {
      const key = i % 2 === 0 ? `/cgi-bin/s${i}.pl` : `/shop/${i}/{id}`;
      plant(root, compilePattern(key), routeOf(key, i + 1));
    }
    let seen = 0;
    find(root, 'GET', splitPath(path), 0, () => void seen++);
    return seen;
  };
  for (const path of ['/cgi-bin/s4.pl', '/shop/3/abc', '/cgi-bin/none.pl', '/x/y/z']) {
    t.equal(visits(10_000, path), visits(10, path), path);
    t.ok(visits(10_000, path) <= 4, path);
  }
});

t.test('the tree finds the same route as comparing all of them one by one', async () => {
  const segment = fc.constantFrom('a', 'b', 'v.pl', '{x}', 'a*', '*b', '*');
  const key = fc
    .tuple(
      fc.constantFrom('', 'GET ', 'POST '),
      fc.array(segment, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '/**'),
    )
    .map(([method, parts, end]) => `${method}/${parts.join('/')}${end}`);
  const path = fc
    .array(fc.constantFrom('a', 'b', 'v.pl', 'ab', 'c', ''), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 12 }),
      path,
      fc.constantFrom('GET', 'HEAD', 'PUT'),
      (keys, at, method) => {
        const table = tableOf(keys);
        return table.match(method, at).line === slowMatch(table, method, at).line;
      },
    ),
    { seed: 7, numRuns: 2000 },
  );
});

function slowMatch(table: Table, method: string, path: string): Route {
  const parts = splitPath(path);
  const taking = table.routes
    .map((route) => ({
      route,
      pattern: parseKey(route.key, null).pattern,
      fit: methodFit(route.methods, method),
    }))
    .filter((each) => each.fit > 0 && patternMatches(each.pattern, parts));
  const better = taking.toSorted(
    (a, b) => comparePatterns(a.pattern, b.pattern, parts.length) || b.fit - a.fit,
  );
  return better[0]?.route ?? table.rest;
}
