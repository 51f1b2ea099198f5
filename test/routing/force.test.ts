import t from 'tap';
import { isAdminToken, readPass, signPass } from '../../src/routing/force.ts';

const secret = 'a token of the admin';
const pass = { side: 'port', route: 'cart.add', untilSeconds: 2_000 } as const;

t.test('a pass says what was signed, until it is over', async (t) => {
  const signed = signPass(pass, secret);
  t.match(signed, /^port~cart\.add~2000~[\w-]{43}$/, 'fit for a URL, a cookie and a header');
  t.same(readPass(signed, secret, 1_999_999), pass);
  t.equal(readPass(signed, secret, 2_000_000), null);
});

t.test('a pass for all routes is one for all routes', async (t) => {
  t.match(readPass(signPass({ ...pass, route: '*' }, secret), secret, 0), { route: '*' });
});

t.test('a pass that was changed, or signed by somebody else, is none', async (t) => {
  const signed = signPass(pass, secret);
  t.equal(readPass(signed.replace('2000', '9999'), secret, 0), null);
  t.equal(readPass(signed.replace('port', 'legacy'), secret, 0), null);
  t.equal(readPass(signed.replace('cart.add', '*'), secret, 0), null);
  t.equal(readPass(signPass(pass, 'another token, longer'), secret, 0), null);
  for (const text of ['', 'port', '~~~', signed.slice(0, -1), `${signed}x`, signed.toUpperCase()])
    t.equal(readPass(text, secret, 0), null, text);
});

t.test('the admin token is the admin token', async (t) => {
  t.ok(isAdminToken(secret, secret));
  t.notOk(isAdminToken('', secret));
  t.notOk(isAdminToken(`${secret} `, secret));
});
