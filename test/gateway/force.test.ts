import t from 'tap';
import { normalisePath } from '../../src/exchange/path.ts';
import { answerToLink, forcedSide } from '../../src/gateway/force.ts';
import { signPass } from '../../src/routing/force.ts';
import { routeOf } from '../helpers/routing.ts';

const secret = 'the-token-of-the-admin';
const route = routeOf('/a', 1, 'port 5%', { name: 'a' });
const pass = signPass({ side: 'port', route: 'a', untilSeconds: 2_000 }, secret);
const forced = (headers: string[], nowMs = 0, token: string | null = secret) =>
  forcedSide(headers, route, token, { epochMs: () => nowMs });
const link = (target: string, method = 'GET', nowMs = 0) =>
  answerToLink(method, normalisePath(target), secret, { epochMs: () => nowMs });
const locationOf = (target: string): string | null => {
  const headers = link(target)?.headers ?? [];
  const at = headers.indexOf('Location');
  return at === -1 ? null : (headers[at + 1] ?? null);
};

t.test('the admin token forces a side, and without it a side is no more than asked for', async (t) => {
  t.same(forced(['Banyan-Side', 'port', 'Banyan-Token', secret]), { side: 'port', by: 'token' });
  t.same(forced(['banyan-side', 'legacy', 'banyan-token', secret]), { side: 'legacy', by: 'token' });
  t.equal(forced(['Banyan-Side', 'port']), null);
  t.equal(forced(['Banyan-Side', 'port', 'Banyan-Token', `${secret}x`]), null);
  t.equal(forced(['Banyan-Side', 'port', 'Cookie', `banyan-token=${secret}`]), null);
  t.equal(forced(['Banyan-Side', 'both', 'Banyan-Token', secret]), null);
  t.equal(forced(['Banyan_Side', 'port', 'Banyan_Token', secret]), null);
  t.equal(
    forced(['Banyan-Side', 'port', 'Banyan-Token', ''], 0, null),
    null,
    'nobody may where no token is set',
  );
});

t.test('of two fields the first one counts, and a wrong one is not helped by a right one', async (t) => {
  const wrong = ['Banyan-Side', 'port', 'Banyan-Token', 'guess', 'Banyan-Token', secret];
  t.equal(forced(wrong), null);
});

t.test('a pass forces its side of its route, until it is over', async (t) => {
  t.same(forced(['Cookie', `x=1; banyan-side=${pass}`]), { side: 'port', by: 'link' });
  t.same(forced(['Banyan-Side', pass]), { side: 'port', by: 'link' });
  t.equal(forced(['Cookie', `banyan-side=${pass}`], 2_000_000), null);
  const other = signPass({ side: 'port', route: 'b', untilSeconds: 2_000 }, secret);
  t.equal(forced(['Cookie', `banyan-side=${other}`]), null);
  t.equal(forced(['Cookie', `banyan-side=${pass.replace('~a~', '~*~')}`]), null);
});

t.test('a link becomes a cookie and the same page without it, kept by no cache', async (t) => {
  const answer = link(`/cgi-bin/view.pl?sku=1&banyan-side=${pass}&x=%41`);
  t.match(answer, { status: 303, body: null });
  const headers = answer?.headers.join('\n') ?? '';
  t.match(headers, 'Location\n/cgi-bin/view.pl?sku=1&x=%41\n');
  t.match(
    headers,
    /Set-Cookie\nbanyan-side=port~a~2000~[\w-]{43}; Path=\/; Max-Age=2000; HttpOnly; SameSite=Lax/,
  );
  t.match(headers, 'Cache-Control\nno-store');
});

t.test('a link leads to no other site', async (t) => {
  const signed = `banyan-side=${pass}`;
  t.equal(locationOf(`//evil.example/x?${signed}`), '/evil.example/x');
  t.equal(locationOf(`http://evil.example/x?${signed}`), '/x');
  t.equal(locationOf(`/%5Cevil.example?${signed}`), '/%5Cevil.example');
  t.equal(locationOf(`/\\evil.example?${signed}`), '/%5Cevil.example');
  t.equal(locationOf(`/.//evil.example?${signed}`), '/evil.example');
});

t.test('what is forged or over, or no GET, is left to the script', async (t) => {
  t.equal(link(`/a?banyan-side=${pass}x`), null);
  t.equal(link(`/a?banyan-side=${pass}`, 'GET', 2_000_000), null);
  t.equal(link(`/a?banyan-side=${pass}`, 'POST'), null);
  t.equal(link('/a?banyan-side='), null);
  t.equal(answerToLink('GET', normalisePath(`/a?banyan-side=${pass}`), null, { epochMs: () => 0 }), null);
});
