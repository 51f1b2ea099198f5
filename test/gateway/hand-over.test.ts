import t from 'tap';
import { useGatewayHere } from '../helpers/gateway-here.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';

const routes = '  /pass/**: { to: legacy, session: none }\n  /**: legacy';

/** Requests that Fastify or http-proxy would refuse, read otherwise or answer themselves, and what legacy is asked. */
const odd: readonly (readonly [sent: string, asked: string])[] = [
  ['GET /pass/%E9?a=%zz HTTP/1.1\r\nHost: shop\r\n\r\n', 'GET /pass/%E9?a=%zz '],
  ['GET http://shop/pass/a?b HTTP/1.1\r\nHost: other\r\n\r\n', 'GET /pass/a?b '],
  ['PROPFIND /pass/ HTTP/1.1\r\nHost: shop\r\n\r\n', 'PROPFIND /pass/ '],
  ['GET /pass/a HTTP/1.1\r\nHost: shop\r\nExpect: tea\r\n\r\n', 'GET /pass/a '],
  [
    'POST /pass/a HTTP/1.1\r\nHost: shop\r\nContent-Type: foo\r\nContent-Length: 2\r\n\r\nab',
    'POST /pass/a ab',
  ],
  [
    'POST /story HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    'POST /story ab',
  ],
  ['OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n', ''],
  ['GET * HTTP/1.1\r\nHost: shop\r\n\r\n', '400'],
  ['GET /%2f HTTP/1.1\r\nHost: shop\r\n\r\n', '404'],
];

t.test('the later requests of a connection are served as its first one is', async (t) => {
  const legacy = new ScriptedUpstream(({ method, target, body }) => {
    const said = `${method} ${target} ${body}`;
    return [{ send: `HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}` }];
  });
  const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
  /** What came of requests that are sent one after the other over one connection. */
  const say = async (...requests: string[]): Promise<string[]> => {
    const client = await RawClient.to(gateway.url);
    const said: string[] = [];
    for (const request of requests) {
      await client.write(request);
      const came = await client.answer();
      const isServed = came.kind === 'whole' && came.status === 200;
      said.push(isServed ? came.message.body : came.kind === 'whole' ? String(came.status) : came.kind);
    }
    client.close();
    return said;
  };
  for (const [sent, asked] of odd) {
    const usual = 'GET /pass/usual HTTP/1.1\r\nHost: shop\r\n\r\n';
    t.same(await say(sent), [asked], `${asked}, first`);
    t.same(await say(usual, sent), ['GET /pass/usual ', asked], `${asked}, later`);
  }
  t.same(legacy.violations, []);
});
