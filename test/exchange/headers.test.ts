import t from 'tap';
import { answerHeaders, headerValue, headerValues, requestHeaders } from '../../src/exchange/headers.ts';

const said = { address: '203.0.113.9', scheme: 'https', host: null } as const;
const ours = ['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'https'];

/** What a side gets of some fields, without what we say ourselves. */
function kept(...fields: string[]): string[] {
  const all = requestHeaders(fields, said);
  return all.slice(0, all.length - ours.length);
}

t.test('a field is found in whatever case it was sent', async (t) => {
  const fields = ['HOST', 'a', 'Accept', 'b', 'accept', 'c'];
  t.equal(headerValue(fields, 'host'), 'a');
  t.equal(headerValue(fields, 'accept'), 'b');
  t.equal(headerValue(fields, 'a'), null, 'a value is no name');
  t.same(headerValues(fields, 'accept'), ['b', 'c']);
  t.same(headerValues(fields, 'cookie'), []);
});

t.test('fields pass as they were written: case, order, repetitions, latin-1', async (t) => {
  const fields = ['hOsT', 'shop', 'Accept', 'a', 'X-Name', 'caf\u00e9', 'Accept', 'b', 'X-Empty', ''];
  t.same(kept(...fields), fields);
  t.same(answerHeaders(fields), fields);
});

t.test('a side is told who asks, by us', async (t) => {
  t.same(requestHeaders([], said), ours);
});

t.test('what the client says about who asks is not believed', async (t) => {
  const spoofed = ['X-Forwarded-For', 'x-forwarded-proto', 'X-FORWARDED-HOST', 'Forwarded', 'Proxy'];
  for (const name of spoofed) t.same(requestHeaders([name, '10.0.0.1'], said), ours, name);
});

t.test('what CGI would take for another field does not pass', async (t) => {
  for (const name of ['X_Forwarded_For', 'x_forwarded-host', 'Content_Length', 'Banyan_Side', 'A_']) {
    t.same(kept(name, '1'), [], name);
  }
});

t.test('our own fields come only from us, and go to nobody outside', async (t) => {
  for (const name of ['Banyan-Errand', 'banyan-x', 'BANYAN-']) {
    t.same(kept(name, '1'), [], name);
    t.same(answerHeaders([name, '1']), [], name);
  }
  t.same(kept('X-Banyan', '1'), ['X-Banyan', '1']);
});

t.test('fields of one connection end with it', async (t) => {
  const names = [
    'Connection',
    'KEEP-ALIVE',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'upgrade',
    'Expect',
  ];
  for (const name of names) {
    t.same(kept(name, 'x'), [], name);
    t.same(answerHeaders([name, 'x']), [], name);
  }
});

t.test('fields that Connection names end with it too', async (t) => {
  const fields = [
    'X-Hop',
    '1',
    'Connection',
    'close, x-hop',
    'X-End',
    '2',
    'connection',
    ' X-HOP2 ',
    'x-Hop2',
    '3',
  ];
  t.same(kept(...fields), ['X-End', '2']);
  t.same(answerHeaders(fields), ['X-End', '2']);
});

t.test('Connection cannot take away what a side relies on', async (t) => {
  t.same(requestHeaders(['Connection', 'X-Forwarded-For, X-Forwarded-Proto'], said), ours);
  t.same(kept('Host', 'shop', 'Cookie', 'a=1', 'Connection', 'host, cookie'), [
    'Host',
    'shop',
    'Cookie',
    'a=1',
  ]);
});

t.test('the length is said by whoever sends the body', async (t) => {
  t.same(kept('Content-Length', '5', 'Content-Type', 'text/plain'), ['Content-Type', 'text/plain']);
  t.same(answerHeaders(['Content-Length', '5']), ['Content-Length', '5']);
});

t.test('several Cookie fields become one, which Apache cannot tear', async (t) => {
  t.same(kept('Cookie', 'a=1', 'Host', 'shop', 'cookie', 'b=2'), ['Host', 'shop', 'Cookie', 'a=1; b=2']);
  t.same(answerHeaders(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']), [
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ]);
});
