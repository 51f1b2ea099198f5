import t from 'tap';
import { parseKey } from '../../src/routing/key.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { isRouteName, routeName } from '../../src/routing/name.ts';

const name = (key: string, base: string | null = null): string => {
  const read = parseKey(key, base);
  return routeName(read.methods, read.path, base);
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
  t.match(mistake('/a.pl?do=x'), /not in this version yet \[not-yet\] write "\/a.pl" for now/);
});
