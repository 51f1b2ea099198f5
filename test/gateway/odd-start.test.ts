import t, { type Test } from 'tap';
import { useGatewayHere } from '../helpers/gateway-here.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { until } from '../helpers/shop.ts';
import { ScriptedUpstream } from '../helpers/scripted-upstream.ts';

const routes = '  /pass/**: { to: legacy, session: none }\n  /**: legacy';
const host = 'Host: shop.test\r\n';

/** A gateway in front of a legacy that says what it was asked. */
async function useEcho(t: Test) {
  const legacy = new ScriptedUpstream(({ method, target, body }) => {
    const said = `${method} ${target} ${body}`;
    return [{ send: `HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}` }];
  });
  const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
  /** Sends the pieces one by one, and reads the answer; the connection must end behind it. */
  const say = async (...pieces: string[]): Promise<string> => {
    const client = await RawClient.to(gateway.url);
    await client.write(...pieces);
    const came = await client.answer();
    await client.over();
    client.close();
    if (came.kind !== 'whole') return came.kind;
    return came.status === 200 ? came.message.body : String(came.status);
  };
  return { say, legacy, gateway };
}

t.test('a method that nobody has heard of reaches legacy, as it does without us', async (t) => {
  const { say } = await useEcho(t);
  for (const path of ['/pass/x', '/story']) {
    for (const method of ['FOO', 'BPROPFIND', 'get', 'GETX', 'PLAY', "!#$%&'*+-.^_`|~09"]) {
      t.equal(await say(`${method} ${path} HTTP/1.1\r\n${host}\r\n`), `${method} ${path} `);
    }
    const posted = `FOO ${path}?a HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\n`;
    t.equal(await say(posted, 'he', 'llo'), `FOO ${path}?a hello`, 'with its body');
    const chunked = `FOO ${path} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
    t.equal(await say(`${chunked}3\r\nabc\r\n0\r\n\r\n`), `FOO ${path} abc`);
    t.equal(await say(`FOO ${path} HTTP/1.0\r\n\r\n`), `FOO ${path} `);
  }
});

t.test('raw bytes in an address are escaped, in the path and in the query', async (t) => {
  const { say } = await useEcho(t);
  t.equal(await say(`GET /pass/caf\xe9?q=\xe9t\xe9 HTTP/1.1\r\n${host}\r\n`), 'GET /pass/caf%E9?q=%E9t%E9 ');
  t.equal(await say(`FOO /\xff HTTP/1.1\r\n${host}\r\n`), 'FOO /%FF ');
  t.equal(await say(`GET /caf\xe9?q=`, `\xe9 HTTP/1.1\r\n${host}X: \xe9\r\n\r\n`), 'GET /caf%E9?q=%E9 ');
});

t.test('what is no request is refused as ever, and legacy hears nothing', async (t) => {
  const { say, legacy } = await useEcho(t);
  const wrong = [
    `FOO /a b HTTP/1.1\r\n${host}\r\n`,
    `FOO a HTTP/1.1\r\n${host}\r\n`,
    `FOO /a HTTP/2.0\r\n${host}\r\n`,
    `FOO /a FTP/1.1\r\n${host}\r\n`,
    `FOO /a HTTP/1.1\r\n${host}${host}\r\n`,
    `FOO /a HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `FOO /a HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\n`,
    `F\xe9 /a HTTP/1.1\r\n${host}\r\n`,
    `${'F'.repeat(65)} /a HTTP/1.1\r\n${host}\r\n`,
    'EHLO shop\r\n',
    'FOO \xff\xff\xff\r\n\r\n',
    `GET \xff HTTP/1.1\r\n${host}\r\n`,
    `GET /\xff\x01 HTTP/1.1\r\n${host}\r\n`,
  ];
  for (const bytes of wrong) t.equal(await say(bytes), '400', JSON.stringify(bytes));
  t.same(legacy.requests, []);
});

t.test('only the first bytes of a connection are read again', async (t) => {
  const { legacy, gateway } = await useEcho(t);
  const client = await RawClient.to(gateway.url);
  await client.write(`GET /one HTTP/1.1\r\n${host}\r\n`);
  t.match(await client.answer(), { kind: 'whole', status: 200 });
  await client.write(`FOO /two HTTP/1.1\r\n${host}\r\n`);
  t.match(await client.answer(), { kind: 'whole', status: 400 });
  client.close();
  const other = await RawClient.to(gateway.url);
  await other.write(`FOO /three HTTP/1.1\r\n${host}\r\nGET /four HTTP/1.1\r\n${host}\r\n`);
  t.match(await other.answer(), { kind: 'whole', status: 200 });
  await other.over();
  t.equal(other.unread, '', 'and the connection ends behind their answer');
  other.close();
  t.same(
    legacy.requests.map(({ method, target }) => `${method} ${target}`),
    ['GET /one', 'FOO /three'],
  );
});

t.test('a client that leaves is gone, on both sides', async (t) => {
  const waiting = Promise.withResolvers<void>();
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  const legacy = new ScriptedUpstream(() => [{ until: () => waiting.promise }, { send: head }]);
  const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
  const client = await RawClient.to(gateway.url);
  await client.write(`FOO /pass/x HTTP/1.1\r\n${host}\r\n`);
  const { bytes } = await legacy.arrival(({ method }) => method === 'FOO');
  t.match(bytes, /x-forwarded-for: 127\.0\.0\.1/i, 'it comes from where it came');
  const [connection] = legacy.connections;
  const closed = new Promise((resolve) => connection?.once('close', resolve));
  client.reset();
  await until('it is recorded', () => gateway.records.length > 0);
  waiting.resolve(); // only then a broken connection tells legacy anything
  await closed;
  t.match(gateway.records, [{ method: 'FOO', clientLeft: true }]);
});
