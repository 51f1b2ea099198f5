import t from 'tap';
import { parseKey } from '../../src/routing/key.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { isRouteName, routeName } from '../../src/routing/name.ts';

const name = (key: string, base: string | null = null): string => {
  return routeName(parseKey(key, base), base);
};
const mistake = (key: string): string => {
  const result = orMistake(() => parseKey(key, null));
  return result instanceof Mistake ? `${result.message} [${result.code}] ${result.help}` : 'no mistake';
};

t.test('a key below the base leaves the base out of its name', async (t) => {
  t.equal(name('help.pl', '/cgi-bin/'), 'help');
  t.equal(name('/cgi-bin/help.pl', '/cgi-bin/'), 'help');
  t.equal(name('/cgi-bin/help.pl'), 'cgi-bin.help');
  t.equal(name('/shop/item/{id}', '/cgi-bin/'), 'shop.item.id');
});

t.test('methods stand at the end of a name', async (t) => {
  t.equal(name('POST cart.pl', '/cgi-bin/'), 'cart.post');
  t.equal(name('GET,HEAD cart.pl', '/cgi-bin/'), 'cart.get.head');
});

t.test('stars, dollars and folders have names too', async (t) => {
  t.equal(name('/**'), 'rest');
  t.equal(name('/reports/**'), 'reports.rest');
  t.equal(name('/r/*.html'), 'r.any.html');
  t.equal(name('/'), 'index');
  t.equal(name('/shop/'), 'shop.index');
  t.equal(name('view.pl$', '/cgi-bin/'), 'view');
});

t.test('every name that is made is a name that may be written', async (t) => {
  for (const key of ['/caf%E9', '/a/~user/x.cgi', '/-/x', '/a.b/c', '/nph-x'])
    t.ok(isRouteName(name(key)), key);
  t.notOk(isRouteName('(unmatched)'));
  t.notOk(isRouteName('a b'));
});

t.test('keys that cannot be read say what is wrong', async (t) => {
  t.equal(mistake('get /a'), 'unknown method "get" [bad-method] did you mean GET?');
  t.match(mistake('FETCHED /a'), /a key may name GET, HEAD/);
  t.equal(
    mistake('view.pl'),
    '"view.pl" does not start with "/" [relative-path] did you mean "/cgi-bin/view.pl"? Or set "base: /cgi-bin/" once at the top',
  );
});

t.test(
  'the parameters of a key are in its name: their values, or their names where any value will do',
  async (t) => {
    t.equal(name('POST cart.pl?action=add', '/cgi-bin/'), 'cart.add.post');
    t.equal(name('index.pl?Action=AgentTicketZoom', '/cgi-bin/'), 'index.AgentTicketZoom');
    t.equal(name('cart.pl?item&action=add', '/cgi-bin/'), 'cart.add.item');
    t.equal(name('cart.pl?action=', '/cgi-bin/'), 'cart.action');
    t.ok(isRouteName(name(`cart.pl?a=${'x'.repeat(200)}`, '/cgi-bin/')));
  },
);

t.test('parameters of keys are read as those of a URL, sorted by name', async (t) => {
  t.same(parseKey('/a?b=x+y&a=%41%3B&c', null).params, [
    { name: 'a', value: 'A;' },
    { name: 'b', value: 'x y' },
    { name: 'c', value: null },
  ]);
  t.same(parseKey('/a?q=caf\u00e9', null).params, [{ name: 'q', value: 'caf\u00c3\u00a9' }]);
});

t.test('parameters that no request has say so', async (t) => {
  t.match(mistake('/a?'), /has no name \[bad-parameter\]/);
  t.match(mistake('/a?=x'), /has no name/);
  t.match(mistake('/a?b=1&b=2'), /names "b" twice/);
  t.match(mistake('/a?b=1;c=2'), /";" stands among the parameters/);
  t.match(mistake('/a?b=x#y'), /holds a space, # or \?/);
  t.match(mistake('/a?.submit=1'), /no script ever sees/);
  t.match(mistake(`/a?${'abcdefghi'.split('').join('&')}`), /more than 8 parameters/);
});
