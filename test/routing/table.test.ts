import fc from 'fast-check';
import t from 'tap';
import { parseKey } from '../../src/routing/key.ts';
import { compilePattern, patternMatches, splitPath } from '../../src/routing/pattern.ts';
import type { Route } from '../../src/routing/route.ts';
import { comparePatterns } from '../../src/routing/specificity.ts';
import { findTies } from '../../src/routing/ties.ts';
import { methodFit } from '../../src/routing/method-fit.ts';
import { compareKeyParams, paramsMatch } from '../../src/routing/key-params.ts';
import type { Table } from '../../src/routing/table.ts';
import { GlobIndex } from '../../src/routing/glob-index.ts';
import { addRoute, emptyLeaf } from '../../src/routing/leaf.ts';
import { emptyTrie, find, plant } from '../../src/routing/trie.ts';
import { matched, queryParams, routeOf, tableOf, tableWith } from '../helpers/routing.ts';

const winner = (keys: string[], method: string, path: string): string =>
  matched(tableOf(keys), method, path).key;

t.test('a request goes to the route that names its path', async (t) => {
  t.equal(winner(['/a', '/b'], 'GET', '/b'), '/b');
});

t.test('what no route names goes to the built-in route, on legacy', async (t) => {
  const table = tableOf(['/a']);
  const route = matched(table, 'GET', '/zzz');
  t.match(route, { name: '(unmatched)', line: 0, port: null, session: 'write', timeoutMs: 30_000 });
  t.equal(route.target.stage, 'legacy');
  t.equal(route, table.rest);
  t.equal(matched(table, 'OPTIONS', '*'), table.rest);
});

t.test('a file that names /** says itself what happens to the rest', async (t) => {
  const table = tableOf(['/a', '/**']);
  t.equal(matched(table, 'GET', '/zzz').key, '/**');
  t.equal(matched(table, 'GET', '/').key, '/**');
  t.equal(table.rest.line, 2);
  t.equal(matched(tableOf(['GET /**']), 'POST', '/x').name, '(unmatched)');
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

t.test('a route that asks for a parameter takes the requests that have it', async (t) => {
  const keys = ['/c.pl', '/c.pl?do=add', '/c.pl?do', '/c.pl?do=add&id', '/c.pl?do=add&id=7'];
  const wins = (query: string): string => winner(keys, 'GET', `/c.pl?${query}`);
  t.equal(wins('x=1'), '/c.pl');
  t.equal(wins('do=add'), '/c.pl?do=add');
  t.equal(wins('do=zzz'), '/c.pl?do');
  t.equal(wins('do='), '/c.pl?do');
  t.equal(wins('id=7;do=add'), '/c.pl?do=add&id=7');
  t.equal(wins('id=8;do=add'), '/c.pl?do=add&id');
  t.equal(wins('do=del&do=add'), '/c.pl?do', 'the first value counts');
  t.equal(wins('%64o=%61dd'), '/c.pl?do=add', 'however it is escaped');
});

t.test(
  'more parameters beat fewer, one by value beats one by name, and a method only breaks a tie',
  async (t) => {
    t.equal(winner(['POST /c.pl', '/c.pl?a'], 'POST', '/c.pl?a=1'), '/c.pl?a');
    t.equal(winner(['/c.pl?a', 'GET /c.pl?a'], 'GET', '/c.pl?a=1'), 'GET /c.pl?a');
    t.equal(winner(['/c.pl?a=1', '/c.pl?a&b'], 'GET', '/c.pl?a=1&b=2'), '/c.pl?a&b');
    t.equal(winner(['/c.*?a=1&b=1', '/c.pl'], 'GET', '/c.pl?a=1&b=1'), '/c.pl', 'the path goes first');
  },
);

t.test('a path that has the parameter of nobody gives way to a less specific one', async (t) => {
  t.equal(winner(['/c.pl?do=add', '/*.pl'], 'GET', '/c.pl?do=del'), '/*.pl');
  t.equal(winner(['/c.pl?do=add', '/**'], 'GET', '/c.pl/info?do=add'), '/c.pl?do=add', 'PATH_INFO too');
});

t.test(
  'parameters that cannot be read lead to legacy, with the session of whoever might be meant',
  async (t) => {
    const table = tableWith([
      routeOf('POST /c.pl?do=add', 1, 'port', { session: 'write', timeoutMs: 60_000 }),
      routeOf('/c.pl', 2, 'port', { session: 'read' }),
    ]);
    const { route, wasUnread } = table.match('POST', '/c.pl', () => null);
    t.ok(wasUnread);
    t.match(route, { name: 'r2', target: { stage: 'legacy' }, session: 'write', timeoutMs: 60_000 });
    t.notOk(table.match('GET', '/c.pl', () => null).wasUnread, 'a GET cannot have been meant for a POST');
  },
);

t.test('parameters are read once, and only where a key asks for them', async (t) => {
  let times = 0;
  const count = () => {
    times++;
    return queryParams('a=1');
  };
  const table = tableOf(['/x', '/c.pl?a=2', '/*.pl?a=3', '/**?a=1']);
  table.match('GET', '/x', count);
  t.equal(times, 0, 'a literal path was found before');
  t.equal(table.match('GET', '/c.pl', count).route.key, '/**?a=1');
  t.equal(times, 1, 'three routes asked');
});

t.test('a table and its routes cannot be changed', async (t) => {
  const route = routeOf('/a', 1);
  const table = tableWith([route]);
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
    find(root, splitPath(path), { method: 'GET', params: () => null, unread: [] }, 0, () => void seen++);
    return seen;
  };
  for (const path of ['/cgi-bin/s4.pl', '/shop/3/abc', '/cgi-bin/none.pl', '/x/y/z']) {
    t.equal(visits(10_000, path), visits(10, path), path);
    t.ok(visits(10_000, path) <= 4, path);
  }
});

t.test(
  '10,000 values of one parameter cost one look, and 10,000 globs one for each pair of lengths',
  async (t) => {
    const keys = Array.from({ length: 10_000 }, (_, at) => `/i.pl?Action=A${at}`);
    const leaf = emptyLeaf();
    for (const [at, key] of keys.entries()) addRoute(leaf, routeOf(key, at + 1));
    t.equal(leaf.tables.length, 1);
    const globs = new GlobIndex<number>();
    for (let at = 0; at < 10_000; at++) globs.getOrAdd([`r${at}-`, '.html'], () => at);
    t.same(globs.matching('r77-x.html'), [77]);
    t.same(globs.matching('r77.html'), []);
  },
);

t.test('the tree finds the same route as comparing all of them one by one', async () => {
  const segment = fc.constantFrom('a', 'b', 'v.pl', '{x}', 'a*', '*b', '*');
  const key = fc
    .tuple(
      fc.constantFrom('', 'GET ', 'POST '),
      fc.array(segment, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '/**'),
      fc.constantFrom('', '', '?a', '?a=1', '?a=2', '?a=1&b', '?a&b=1', '?a=1&b=1', '?b=2'),
    )
    .map(([method, parts, end, asked]) => {
      const path = parts.map((part, at) => (part === '{x}' ? `{x${at}}` : part)).join('/');
      return `${method}/${path}${end}${asked}`;
    });
  const query = fc.constantFrom('', 'a=1', 'a=2', 'a=1&b=1', 'b=1;a=1', 'b=2', 'a', 'b=1&b=2', 'c=1');
  const path = fc
    .array(fc.constantFrom('a', 'b', 'v.pl', 'ab', 'c', ''), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 12 }),
      path,
      query,
      fc.constantFrom('GET', 'HEAD', 'PUT'),
      (keys, at, asked, method) => {
        const read = keys.map((each) => ({ read: parseKey(each, null) }));
        fc.pre(findTies(read).length === 0);
        const table = tableOf(keys);
        return matched(table, method, `${at}?${asked}`).line === slowMatch(table, method, at, asked).line;
      },
    ),
    { seed: 7, numRuns: 2000 },
  );
});

function slowMatch(table: Table, method: string, path: string, query: string): Route {
  const parts = splitPath(path);
  const params = queryParams(query);
  const taking = table.routes
    .map((route) => ({
      route,
      pattern: parseKey(route.key, null).pattern,
      fit: methodFit(route.methods, method),
    }))

    .filter(
      (each) => each.fit > 0 && patternMatches(each.pattern, parts) && paramsMatch(each.route.params, params),
    );
  const better = taking.toSorted(
    (a, b) =>
      comparePatterns(a.pattern, b.pattern, parts.length) ||
      compareKeyParams(a.route.params, b.route.params) ||
      b.fit - a.fit,
  );
  return better[0]?.route ?? table.rest;
}
