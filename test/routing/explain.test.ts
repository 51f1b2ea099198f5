import t from 'tap';
import { explain, printExplanation } from '../../src/routing/explain.ts';
import { tableOf } from '../helpers/routing.ts';

const table = tableOf({
  '/cgi-bin/view.pl': 'port 50%',
  '/cgi-bin/*.pl': 'legacy',
  'POST /cgi-bin/view.pl': 'port',
  '/**': 'legacy',
});
const ask = { method: 'GET', decodedPath: '/cgi-bin/view.pl', sessionId: '5f3a9c', visitor: '' };

t.test('the winner comes first, then the others with why they lost', async (t) => {
  t.same(
    explain(table, ask).candidates.map((each) => [each.name, each.wins, each.why]),
    [
      ['r1', true, 'literal path'],
      ['r3', false, 'it takes only POST, not GET'],
      ['r2', false, 'less specific'],
      ['r4', false, 'less specific'],
    ],
  );
});

t.test('a route that names the method beats the one that does not, and the loser says so', async (t) => {
  const { candidates } = explain(table, { ...ask, method: 'POST' });
  t.match(candidates[0], { name: 'r3', why: 'literal path, method POST' });
  t.match(candidates[1], { name: 'r1', why: 'it names no method' });
});

t.test('the text is what banyan explain prints', async (t) => {
  t.equal(
    printExplanation(explain(table, ask), 'routes.yaml'),
    `GET /cgi-bin/view.pl
  → r1   routes.yaml:1   "/cgi-bin/view.pl"   port 50%
    1. /cgi-bin/view.pl       wins: literal path
    2. POST /cgi-bin/view.pl  loses: it takes only POST, not GET
    3. /cgi-bin/*.pl          loses: less specific
    4. /**                    loses: less specific
  side     legacy  session is in bucket 94.58 of 100, the port has 0-50
  session  write   locked for the whole request
  port     no file
`,
  );
});

t.test('a request that nobody names is explained as well', async (t) => {
  const explanation = explain(tableOf({ '/a': 'port' }), { ...ask, decodedPath: '/zzz' });
  t.match(explanation, {
    side: 'legacy',
    candidates: [{ key: '(unmatched)', why: 'no route of the file takes it' }],
  });
  t.match(printExplanation(explanation, 'routes.yaml'), 'built in');
});
