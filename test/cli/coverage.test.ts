import t from 'tap';
import { Busiest } from '../../src/cli/busiest.ts';
import { CoverageCount } from '../../src/cli/coverage.ts';
import { tableOf } from '../helpers/routing.ts';

function covered(keys: readonly string[], requests: readonly string[], status = 200) {
  const count = new CoverageCount(tableOf(keys));
  for (const request of requests) {
    const [method = '', target = ''] = request.split(' ');
    count.add({ method, target, status });
  }
  return count.coverage(10);
}

t.test('requests are counted for the routes that the gateway would choose', (t) => {
  const found = covered(
    ['/a.pl', 'POST /a.pl', '/**'],
    ['GET /a.pl', 'GET //x/../%61.pl', 'HEAD /a.pl?b', 'POST /a.pl', 'GET /other'],
  );
  t.match(found, {
    requests: 5,
    rest: '/**',
    routes: [
      { name: 'r1', requests: 3 },
      { name: 'r2', requests: 1 },
      { name: 'r3', requests: 1 },
    ],
    neverSeen: [],
  });
  t.end();
});

t.test('what meets only the rest is told by script, with the routes that are near it', (t) => {
  const found = covered(
    ['POST /cart.pl?action=add', '/view.pl$', '/**'],
    ['GET /cart.pl', 'GET /cart.pl/x', 'GET /view.pl/7', 'GET /view.pl', 'GET /%1b%5b31m'],
  );
  t.match(found.unnamed, {
    requests: 4,
    others: 0,
    scripts: [
      { method: 'GET', path: '/cart.pl', requests: 2, near: ['POST /cart.pl?action=add'] },
      { method: 'GET', path: '/%1B%5B31m', requests: 1, near: [] },
      { method: 'GET', path: '/view.pl', requests: 1, near: ['/view.pl$'] },
    ],
  });
  t.end();
});

t.test('without a route for the rest it is told so, and scripts that are not there are only summed', (t) => {
  const found = covered(['/a.pl'], ['GET /b.pl', 'GET /c.pl'], 404);
  t.equal(found.rest, null);
  t.match(found.unnamed, { requests: 2, notFound: 2, scripts: [], others: 0 });
  t.same(found.neverSeen, ['r1']);
  t.end();
});

t.test('PATH_INFO is told for routes that a $ would close to it', (t) => {
  const found = covered(
    ['/view.pl', '/help.pl$', '/docs/**'],
    ['GET /view.pl', 'GET /view.pl/sku/7', 'GET /view.pl/', 'GET /docs/a/b', 'GET /help.pl'],
  );
  t.same(found.pathInfo, [{ route: 'r1', key: '/view.pl', requests: 2, example: '/view.pl/sku/7' }]);
  t.end();
});

t.test('parameters of a query are read, and those of a body are known to be unknown', (t) => {
  const found = covered(
    ['/s.pl?q', 'POST /cart.pl?action=add', '/cart.pl', '/never.pl?x', '/**'],
    ['GET /s.pl?q=1', 'GET /s.pl', 'POST /cart.pl?action=add', 'GET /cart.pl', 'POST /other.pl'],
  );
  t.match(found.unread, { requests: 1, routes: ['r2'] });
  t.same(found.neverSeen, ['r4'], 'the one that may have been meant is not among them');
  t.equal(found.routes.find(({ name }) => name === 'r1')?.requests, 1);
  t.equal(found.unnamed.requests, 2);
  t.end();
});

t.test('what the gateway refuses meets no route', (t) => {
  const requests = ['GET /a%2Fb', 'GET /..', 'TRACE /a.pl', 'OPTIONS *', 'BREW /a.pl', 'get /a.pl'];
  t.match(covered(['/**'], requests), { requests: 6, refused: 6, unnamed: { requests: 0 } });
  t.end();
});

t.test('any number of paths takes the room of a few, and the busy ones are still told', (t) => {
  const count = new CoverageCount(tableOf(['/**']));
  const add = (path: string) => count.add({ method: 'GET', target: path, status: 200 });
  for (let at = 0; at < 30_000; at++) {
    add(`/${at}/${'x'.repeat(at % 1000)}`);
    if (at % 10 === 0) add('/busy.pl');
  }
  const { unnamed } = count.coverage(2);
  t.match(unnamed.scripts[0], { path: '/busy.pl', requests: 3_000 });
  t.equal(unnamed.requests, 33_000);
  t.ok(count.coverage(5_000).unnamed.scripts.every(({ path }) => path.length <= 300));
  t.equal(unnamed.others, 33_000 - 3_000 - (unnamed.scripts[1]?.requests ?? 0));
  t.end();
});

t.test('the rarer half is forgotten when there are too many names', (t) => {
  const busiest = new Busiest(2);
  for (const name of ['a', 'a', 'b', 'b', 'c', 'd']) busiest.add(name);
  t.same(busiest.all(), [
    { name: 'a', count: 2 },
    { name: 'b', count: 2 },
  ]);
  t.end();
});
