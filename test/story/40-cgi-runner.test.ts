// The gateway runs scripts itself, and nobody can tell it from Apache: every script of the shop, and scripts that show
// what they are told or answer oddly, asked of Apache, through the gateway, and of the gateway's two runners.
import { join } from 'node:path';
import t from 'tap';
import { startGateway, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { ask, type Question, type Reply } from '../helpers/ask.ts';
import { writeCgiScripts } from '../helpers/cgi-scripts.ts';
import { useShop } from '../helpers/shop.ts';
import { readdirSync, writeFileSync } from 'node:fs';
import { repository } from '../../scripts/shop/shop.ts';

const shop = await useShop(t);
const odd = writeCgiScripts(join(shop.root, 'cgi-bin'));
const conf = { SHOP_CONF: join(shop.root, 'conf/shop.conf') };

async function gatewayOn(name: string, legacy: string): Promise<GatewayProcess> {
  const file = join(shop.scratch, `${name}.yaml`);
  writeFileSync(file, `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlegacy: ${legacy}\nroutes:\n  /**: legacy\n`);
  const gateway = await startGateway(shop, file, { env: conf });
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}

const here = (perl: string): string =>
  `{ cgi: legacy/cgi-bin, root: legacy/htdocs, env: [SHOP_CONF], charset: iso-8859-1, perl: ${perl} }`;
const through = await gatewayOn('through', shop.apache.url);
const spawn = await gatewayOn('spawn', here('spawn'));
const fork = await gatewayOn('fork', here('fork'));

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const host = { Host: 'Shop.Example:8443' };
const questions: [path: string, question?: Question][] = [
  ['/cgi-bin/echo.pl/path/info%20x/y?a=1&b', { headers: host }],
  ['/cgi-bin/echo.pl', { method: 'POST', body: 'a=b;c=%e9', headers: { ...host, ...form } }],
  ['/cgi-bin/echo.pl', { method: 'PROPFIND', headers: host }],
  ['/cgi-bin/echo.pl', { method: 'PURGE', body: 'x', headers: host }],
  ['/cgi-bin/echo.pl', { method: 'PUT', body: 'some bytes', headers: host }],
  ['/cgi-bin/echo.pl', { method: 'HEAD' }],
  ['/cgi-bin/echo.pl?foo%7Cbar+baz+--x+%22q%22', { headers: host }],
  ['/cgi-bin/echo.pl?-d+x', { headers: host }],
  ['/cgi-bin/echo.pl?', { headers: host }],
  [
    '/cgi-bin/echo.pl',
    {
      headers: { ...host, Authorization: 'Basic eDp5', X_Under: 'u', Cookie: 'a=1; b=2', 'X-Caf': 'caf\xe9' },
    },
  ],
  ['/cgi-bin/sub/echo.pl/p', { headers: host }],
  ['/cgi-bin/echo.sh/a?q+r', { headers: host }],
  ['/cgi-bin/semantics.pl'],
  ['/cgi-bin/taint.pl'],
  ...['carp', 'carp-late', 'carp-empty', 'carp-none'].map((name): [string] => [`/cgi-bin/${name}.pl`]),
  ['/cgi-bin/nph-own.pl'],
  ['/cgi-bin/length.py', { method: 'POST', body: 'x'.repeat(3_000_000) }],
  ['/cgi-bin/die-early.pl'],
  ['/cgi-bin/die-late.pl'],
  ['/cgi-bin/none.pl'],
  ['/cgi-bin/sub/'],
  ['/cgi-bin'],
  ...odd.map((path): [string, Question?] => [path, { headers: host }]),
  ['/cgi-bin/h-etag.pl', { headers: { 'If-None-Match': '"abc"' } }],
  ['/cgi-bin/h-modified.pl', { headers: { 'If-Modified-Since': 'Wed, 21 Oct 2015 07:28:00 GMT' } }],
  ['/'],
  ['/help.html'],
  ['/logo.gif'],
  ['/style.css', { headers: { Range: 'bytes=5-14' } }],
  ['/style.css', { method: 'HEAD' }],
  ['/style.css', { method: 'DELETE' }],
  ['/none'],
  ['/help.html/x'],
  ...[
    'index.pl',
    'view.pl?sku=LP-1001',
    'cart.pl?action=show',
    'search.pl?q=blue',
    'account.pl',
    'login.pl',
    'office.pl',
  ].map((page): [string] => [`/cgi-bin/${page}`]),
  ['/cgi-bin/checkout.pl?step=1'],
  ['/cgi-bin/logout.pl'],
  ['/cgi-bin/nph-stock.pl'],
  ['/cgi-bin/report.pl?rows=2;pause=0'],
  ['/cgi-bin/go.pl?to=help'],
  ['/cgi-bin/go.pl?to=search;q=blue'],
  ['/cgi-bin/go.pl?to=label;id=1'],
  ['/cgi-bin/import.pl', { method: 'POST', body: '' }],
  ['/cgi-bin/giftlist.py'],
];

t.test('every script of the shop is asked', async (t) => {
  for (const script of readdirSync(join(repository, 'legacy-stub/cgi-bin')))
    t.ok(
      questions.some(([path]) => path.split('?')[0] === `/cgi-bin/${script}`),
      script,
    );
});

/** What is different between servers by its nature: their names, the way between them, new sessions, dates. */
function common(reply: Reply): Reply {
  const unlike =
    /^(?:REDIRECT_)?(?:REMOTE_PORT|SERVER_SOFTWARE|SERVER_ADMIN|HTTP_CONNECTION|HTTP_X_FORWARDED_(?:FOR|PROTO))=.*\n/gm;
  const way =
    /^(?:date|server|connection|keep-alive|transfer-encoding|content-length|accept-ranges|etag: (?:W\/)?"\w+-\w+")/;
  const dated = (text: string): string =>
    text
      .replace(/CGISESSID=[0-9a-f]{32}/g, 'CGISESSID=ID')
      .replace(/expires=[^;]+/, 'expires=THEN')
      .replace(/^\[\w{3} \w{3} [\d :]+\]/gm, '[THEN]');
  const isErrorPage = reply.status >= 300 && /<title>(?:\d{3}|Found|Internal)/.test(reply.body);
  return {
    ...reply,
    headers: reply.headers
      .filter(
        (field) => !way.test(field) && !(isErrorPage && /^(?:content-type|cache-control|allow)/.test(field)),
      )
      .map(dated),
    cut: reply.cut && !isErrorPage,
    body: isErrorPage ? 'a page about the error' : dated(reply.body.replace(unlike, '')),
  };
}

/** Apache guesses a type by the name of a script that says none (AddType of /etc/mime.types), and joins Vary without a blank. */
const withoutGuess = (reply: Reply): Reply => ({
  ...reply,
  headers: reply.headers.filter((field) => field !== 'content-type: text/x-perl'),
});

for (const [path, question] of questions) {
  const what = `${question?.method ?? 'GET'} ${path}`;
  t.test(what, async (t) => {
    const direct = withoutGuess(common(await ask(shop.apache.url, path, question)));
    t.strictSame(withoutGuess(common(await ask(through.url, path, question))), direct, 'through the gateway');
    t.strictSame(common(await ask(spawn.url, path, question)), direct, 'a perl of its own');
    t.strictSame(common(await ask(fork.url, path, question)), direct, 'the fork server');
    t.strictSame(common(await ask(fork.url, path, question)), direct, 'the fork server, modules read before');
  });
}
