import t from 'tap';
import { useGatewayHere } from '../helpers/gateway-here.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';

const routes = '  /pass/**: { to: legacy, session: none }\n  /**: { to: legacy, session: write }';

for (const path of ['/pass/slow', '/slow']) {
  t.test(`the head of a page that is printed slowly comes at once, byte for byte: ${path}`, async (t) => {
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    const legacy = new ScriptedUpstream(() => [
      { send: 'HTTP/1.1 200 Tr\xe8s bien\r\n' },
      { send: 'X-Name: caf\xe9\r\nTransfer-Encoding: chunked\r\n\r\n' },
      { until: () => seen },
      { send: '2\r\nab\r\n0\r\n\r\n' },
    ]);
    const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
    const client = await RawClient.to(gateway.url);
    t.teardown(() => client.close());
    await client.write(`GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`);
    await client.begun();
    t.match(client.unread, /^HTTP\/1\.1 200 Tr\xe8s bien\r\n/);
    t.match(client.unread, /\r\nX-Name: caf\xe9\r\n/);
    see();
    const came = await client.answer();
    t.equal(came.kind === 'whole' && came.message.body, 'ab');
  });
}
