import { readFileSync, readdirSync } from 'node:fs';
import { request as ask, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, useGateway, useShop } from '../helpers/shop.ts';

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

function send(base: string, { method = 'GET', path, headers = {}, body }: Sent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = ask(`${base}${path}`, { method, headers, agent: false }, resolve);
    sent.on('error', reject).end(body);
  });
}

/** Fields that belong to the connection, or to the moment. */
const own = /^(?:connection|keep-alive|transfer-encoding|date):/i;
/** Apache says the length of a script's answer when it happens to have all of it at once. */
const ownOfScripts = /^content-length:/i;

/** What must come through as it is. */
async function essence(base: string, what: Sent): Promise<unknown> {
  const answer = await send(base, what);
  const body = await buffer(answer);
  const fields = answer.rawHeaders
    .flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []))
    .filter((field) => !own.test(field) && !(what.path.startsWith('/cgi-bin/') && ownOfScripts.test(field)))
    .map((field) =>
      field.replace(/CGISESSID=[0-9a-f]{32}/, 'CGISESSID=<id>').replace(/expires=[^;]+/, 'expires=<date>'),
    );
  return { status: answer.statusCode, reason: answer.statusMessage, fields, body: body.toString('latin1') };
}

const requests: Record<string, Sent> = {
  'a static file': { path: '/style.css' },
  'only its head': { path: '/style.css', method: 'HEAD' },
  'a part of it': { path: '/style.css', headers: { Range: 'bytes=2-9' } },
  'a picture': { path: '/logo.gif' },
  'a page that is not there': { path: '/nothing.html' },
  'a script that is not there': { path: '/cgi-bin/nothing.pl' },
  'a search': { path: '/cgi-bin/search.pl?q=b;page=1' },
  'a redirect': { path: '/cgi-bin/go.pl?to=label;id=2' },
  'an internal redirect to a file': { path: '/cgi-bin/go.pl?to=help' },
  'an internal redirect to a script': { path: '/cgi-bin/go.pl?to=search;q=o' },
  'an nph script': { path: '/cgi-bin/nph-stock.pl' },
  'a head of a script': { path: '/cgi-bin/search.pl?q=b', method: 'HEAD' },
  'a form that is wrong': {
    path: '/cgi-bin/login.pl',
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('login=pete&password=wrong'),
  },
  'a form of a type that is none': {
    path: '/cgi-bin/search.pl?q=b',
    method: 'POST',
    headers: { 'Content-Type': 'foo' },
    body: Buffer.from('q=o'),
  },
  'a method from elsewhere': { path: '/cgi-bin/search.pl?q=b', method: 'PROPFIND' },
  'latin-1 in the query': { path: '/cgi-bin/search.pl?q=%E9' },
};

t.test('legacy passes as if we were not there', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  /**: legacy');
  const passing = await useGateway(t, shop, '  /**: { to: legacy, session: none }');
  const visitor = new Visitor(shop.apache.url);
  await visitor.get('cart.pl?action=show');
  const cookie = { Cookie: `CGISESSID=${visitor.sessionId}` };

  for (const [what, sent] of Object.entries(requests)) {
    t.same(
      await essence(gateway.url, sent),
      await essence(shop.apache.url, sent),
      `${what}, without a session`,
    );
    t.same(await essence(passing.url, sent), await essence(shop.apache.url, sent), `${what}, passed through`);
    const known = { ...sent, headers: { ...sent.headers, ...cookie } };
    t.same(await essence(gateway.url, known), await essence(shop.apache.url, known), `${what}, with one`);
  }

  for (const [lane, gatewayOfLane] of [
    ['pass', passing],
    ['story', gateway],
  ] as const) {
    const headers = lane === 'story' ? cookie : {};
    await t.test(`a page that is printed as it is made is seen as it is made, ${lane} lane`, async (t) => {
      const answer = await send(gatewayOfLane.url, {
        path: '/cgi-bin/report.pl?rows=3;pause=0.2',
        headers: cookie,
      });
      const before = gatewayOfLane.log().filter((line) => String(line['path']).endsWith('report.pl')).length;
      await new Promise((resolve) => answer.once('data', resolve));
      const after = gatewayOfLane.log().filter((line) => String(line['path']).endsWith('report.pl')).length;
      t.equal(after, before, 'its beginning is here while the script still works');
      t.match(String(await buffer(answer)), /<\/HTML>/i, 'and its end comes too');
      await logged(
        gatewayOfLane,
        (line) => String(line['path']).endsWith('report.pl') && line['lane'] === lane,
      );
    });

    await t.test(
      `a large upload arrives whole, ${lane === 'story' ? 'with a session' : 'without one'}`,
      async (t) => {
        const lines = Array.from(
          { length: 200 },
          (_, i) => `${50_000 + i};Artist ${i};${'x'.repeat(6000)};9.99;1\r\n`,
        );
        const file = lines.join('');
        const form =
          '--x\r\nContent-Disposition: form-data; name="list"; filename="records.csv"\r\nContent-Type: text/csv\r\n\r\n' +
          `${file}\r\n--x--\r\n`;
        const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
        const upload = {
          path: '/cgi-bin/import.pl',
          method: 'POST',
          headers: { ...headers, ...type },
          body: Buffer.from(form),
        };
        t.ok(upload.body.length > 1024 * 1024, 'larger than what is kept in memory');
        const page = await buffer(await send(gateway.url, upload));
        t.match(page.toString('latin1'), /200 lines read/, 'the script has read every line');
        const uploads = join(shop.scratch, 'uploads');
        const kept = readdirSync(uploads).map((name) => readFileSync(join(uploads, name), 'latin1'));
        t.equal(kept.filter((bytes) => bytes === file).length, lane === 'story' ? 2 : 1, 'byte for byte');
      },
    );
  }
});
