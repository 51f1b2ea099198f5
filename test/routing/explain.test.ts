import fc from 'fast-check';
import t from 'tap';
import { explanationFacts, explanationParagraph } from '../../src/routing/explain-words.ts';
import { type Asked, explain } from '../../src/routing/explain.ts';
import { decide } from '../../src/routing/decide.ts';
import { queryParams, routeOf, tableOf, tableWith, visitorOf } from '../helpers/routing.ts';

const table = tableOf({
  '/cgi-bin/view.pl': 'port 50%',
  '/cgi-bin/*.pl': 'legacy',
  'POST /cgi-bin/view.pl': 'port',
  '/cgi-bin/view.pl?do=print': 'retired',
  '/**': 'legacy',
});
const ask = (more: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  decodedPath: '/cgi-bin/view.pl',
  visitor: visitorOf({ sessionId: '5f3a9c' }),
  forced: null,
  ...more,
});

t.test('the winner comes first, then the others with why they lost', async (t) => {
  t.same(
    explain(table, ask()).candidates.map((each) => [each.name, each.wins, each.why]),
    [
      ['r1', true, 'literal path'],
      ['r4', false, 'it asks for do=print'],
      ['r3', false, 'it takes only POST, not GET'],
      ['r2', false, 'less specific'],
      ['r5', false, 'less specific'],
    ],
  );
});

t.test('a route that names the method beats the one that does not, and the loser says so', async (t) => {
  const { candidates } = explain(table, ask({ method: 'POST' }));
  t.match(candidates[0], { name: 'r3', why: 'literal path, method POST' });
  t.match(candidates[2], { name: 'r1', why: 'it names no method' });
});

t.test('a route that asks for a parameter beats the one that asks for none', async (t) => {
  const visitor = visitorOf({ params: () => queryParams('do=print') });
  const explanation = explain(table, ask({ visitor }));
  t.match(explanation, {
    side: null,
    why: 'the target is retired',
    params: [{ name: 'do', value: 'print' }],
  });
  t.match(explanation.candidates[0], { name: 'r4', why: 'literal path, 1 parameter' });
  t.match(explanation.candidates[1], { name: 'r1', why: 'it asks for no parameter' });
});

t.test('the script that legacy would run is named, with its PATH_INFO', async (t) => {
  const { script } = explain(table, ask({ decodedPath: '/cgi-bin/view.pl/sku/7' }));
  t.same(script, { scriptName: '/cgi-bin/view.pl', pathInfo: '/sku/7' });
});

t.test('the paragraph is plain English', async (t) => {
  t.equal(
    explanationParagraph(explain(table, ask()), 'routes.yaml'),
    'GET /cgi-bin/view.pl is served by legacy. ' +
      'The rule is "/cgi-bin/view.pl" (routes.yaml:1), which wins by its literal path. ' +
      '"/cgi-bin/view.pl?do=print" (line 4) loses: it asks for do=print. ' +
      '"POST /cgi-bin/view.pl" (line 3) loses: it takes only POST, not GET. ' +
      '"/cgi-bin/*.pl" (line 2) loses: less specific. 1 more route takes the path and loses. ' +
      'Its target is port 50%: the session is in bucket 94.58 of 100, the port has 0-50. ' +
      'It takes the turn in its session, if it names one, and holds it until its side is finished.',
  );
});

t.test('the facts stand one on a line', async (t) => {
  t.same(explanationFacts(explain(table, ask()), 'routes.yaml'), [
    '  → r1   routes.yaml:1   "/cgi-bin/view.pl"   port 50%',
    '    1. /cgi-bin/view.pl           wins: literal path',
    '    2. /cgi-bin/view.pl?do=print  loses: it asks for do=print',
    '    3. POST /cgi-bin/view.pl      loses: it takes only POST, not GET',
    '    4. /cgi-bin/*.pl              loses: less specific',
    '    5. /**                        loses: less specific',
    '  side     legacy  session is in bucket 94.58 of 100, the port has 0-50',
    '  bucket   94.58   of 100',
    '  session  write   locked for the whole request',
    '  legacy   the server at the top of the file',
    '  port     no file',
  ]);
});

t.test('a request that nobody names is explained as well', async (t) => {
  const explanation = explain(tableOf({ '/a': 'port' }), ask({ decodedPath: '/zzz' }));
  t.match(explanation, {
    side: 'legacy',
    candidates: [{ key: '(unmatched)', why: 'no route of the file takes it' }],
  });
  t.match(explanationParagraph(explanation, 'routes.yaml'), 'No route of the file takes it.');
});

t.test('an explanation says that legacy does not answer after what stays', async (t) => {
  const said = (effects: 'refused' | 'accepted'): string => {
    const route = routeOf('/cgi-bin/view.pl', 1, 'port', { effects });
    return explanationParagraph(explain(tableWith([route]), ask()), 'routes.yaml');
  };
  t.match(said('refused'), 'If the port fails before it has committed, legacy answers.');
  t.match(said('accepted'), 'legacy answers, unless it has written to a table that does not roll back');
});

t.test('an explanation tells what the gateway does, of any request and any routes', async () => {
  const key = fc
    .tuple(
      fc.constantFrom('', 'GET ', 'POST '),
      fc.constantFrom('/a.pl', '/{x}', '/*.pl', '/a.pl$', '/**'),
      fc.constantFrom('', '?p', '?p=1', '?q=1&p=1'),
    )
    .map((parts) => parts.join(''));
  const target = fc.constantFrom('legacy', 'port', 'port 50%', 'shadow', 'retired');
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    decodedPath: fc.constantFrom('/a.pl', '/a.pl/info', '/b.pl', '/c', '/c/d'),
    query: fc.constantFrom('', 'p=1', 'p=2', 'p=1&q=1'),
    sessionId: fc.constantFrom(null, 's1', 's2'),
  });
  fc.assert(
    fc.property(
      fc.dictionary(key, target, { maxKeys: 6 }),
      request,
      (routes, { query, sessionId, ...asked }) => {
        const random = tableOf(routes);
        const visitor = visitorOf({ sessionId, params: () => queryParams(query) });
        const match = random.match(asked.method, asked.decodedPath, visitor.params);
        const { serve, why, bucket } = decide(match, visitor, null);
        const told = explain(random, { ...asked, visitor, forced: null });
        return (
          told.route === match.route &&
          told.side === serve &&
          told.why === why &&
          told.bucket === bucket &&
          told.candidates[0]?.line === match.route.line &&
          told.candidates.filter(({ wins }) => wins).length === 1
        );
      },
    ),
    { seed: 3, numRuns: 2000 },
  );
});
