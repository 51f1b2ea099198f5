import t from 'tap';
import { makeDice, type Dice } from '../helpers/dice.ts';
import { useGatewayHere, type GatewayHere } from '../helpers/gateway-here.ts';
import { ask, type Came, RawClient } from '../helpers/raw-client.ts';
import { type Arrived, ScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { oddRequests } from './requests-mangled.ts';
import { type Odd, target } from './requests.ts';

const corpus = oddRequests(makeDice(19970131));

/** What legacy answers: which request it was, so that an answer that goes astray is seen. */
const echo = (asked: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${asked.length}\r\n\r\n${asked}`;

/** Sends the bytes in some pieces, shuts the sending side, and reads every answer up to the end of the connection. */
async function converse(base: string, bytes: string, method: string, dice: Dice): Promise<Came[]> {
  const client = await RawClient.to(base);
  const cuts = [0, 1, 2].map(() => dice.below(bytes.length + 1)).sort((one, other) => one - other);
  await client.write(...[0, ...cuts].map((at, i) => bytes.slice(at, cuts[i] ?? bytes.length)));
  client.halfClose();
  const all: Came[] = [];
  for (;;) {
    const came = await client.answer(all.length === 0 ? method : 'GET');
    if (came.kind === 'closed') break;
    all.push(came);
    if (came.kind === 'cut') break;
  }
  client.close();
  if (client.unread !== '' && all.at(-1)?.kind !== 'cut') throw new Error(`more: ${client.unread}`);
  return all;
}

/** What is wrong; empty where nothing is. `meant` are the targets of the requests in it, and of the one behind it. */
function complaints(odd: Odd, meant: string[], answers: Came[], arrived: Arrived[]): string[] {
  const found: string[] = [];
  const targets = arrived.map((request) => request.target);
  const statuses = answers.map((came) => (came.kind === 'closed' ? 0 : came.status)).join(' ');
  const head = arrived.map(({ bytes }) => bytes.split('\r\n\r\n')[0]?.toLowerCase() ?? '').join('\n');
  if (targets.some((each) => each.includes('smuggled'))) found.push(`smuggled: ${targets.join(' ')}`);
  if (arrived.length > answers.length) found.push(`asked ${targets.join(' ')}, answered ${statuses}`);
  if (odd.due === 'refused') {
    if (arrived.length > 0) found.push(`not refused: ${targets.join(' ')}`);
    if (answers.length > 1 || answers.some((came) => came.kind !== 'whole' || came.status < 400)) {
      found.push(`refused with ${statuses}`);
    }
  }
  if (odd.due === 'passes') {
    const isAll =
      answers.length === meant.length &&
      answers.every((came) => came.kind === 'whole' && came.status === 200);
    if (!isAll) found.push(`${meant.length} requests, and the answers ${statuses}`);
    if (targets.length !== meant.length)
      found.push(`${meant.length} requests, and legacy was asked ${targets.join(' ')}`);
    for (const line of odd.told ?? [])
      if (!head.includes(`\r\n${line}`)) found.push(`legacy was not told ${line}: ${head}`);
  }
  for (const line of odd.untold ?? [])
    if (head.includes(`\r\n${line}`)) found.push(`legacy was told ${line}`);
  if (odd.body !== undefined && arrived.length > 0 && arrived[0]?.body !== odd.body)
    found.push('the body is another one, or not the first');
  return found;
}

/** Tries every request over one lane, one after the other, so that what reaches legacy is known to be of this one. */
async function tryAll(lane: string, gateway: GatewayHere, legacy: ScriptedUpstream): Promise<string[]> {
  const faults: string[] = [];
  const dice = makeDice(2003);
  for (const [number, odd] of corpus.entries()) {
    const base = target.replace('LANE', lane).replace('NUMBER', String(number));
    const bytes = odd.bytes.replaceAll('LANE', lane).replaceAll('NUMBER', String(number));
    const next = odd.isLast === true ? '' : `GET ${base}next HTTP/1.1\r\nHost: shop.test\r\n\r\n`;
    const meant = Array.from({ length: odd.meant }, (_, i) => `${base}${i + 1}`);
    const told = odd.told?.map((line) => line.replace('GATEWAY', new URL(gateway.url).host)) ?? [];
    const fail = (why: string): void =>
      void faults.push(`${lane} lane, ${number}, ${odd.due}: ${JSON.stringify(bytes.slice(0, 250))}: ${why}`);
    try {
      const before = legacy.requests.length;
      const answers = await converse(gateway.url, bytes + next, odd.method ?? 'GET', dice);
      const all = next === '' ? meant : [...meant, `${base}next`];
      complaints({ ...odd, told }, all, answers, legacy.requests.slice(before)).forEach(fail);
      const fresh = await ask(gateway.url, `GET ${base}fresh HTTP/1.1\r\nHost: shop.test\r\n\r\n`);
      if (fresh.kind !== 'whole' || fresh.message.body !== `${base}fresh`)
        fail(`then: ${JSON.stringify(fresh)}`);
    } catch (error) {
      fail(String(error));
    }
    faults.push(...legacy.violations.splice(0).map((violation) => `${lane} lane, ${number}: ${violation}`));
  }
  return faults;
}

t.test(`${corpus.length} odd requests`, async (t) => {
  t.ok(corpus.length >= 2000);
  const thrown: string[] = [];
  const note = (error: unknown): void => void thrown.push(String(error));
  process.on('uncaughtException', note).on('unhandledRejection', note);
  t.teardown(() => process.off('uncaughtException', note).off('unhandledRejection', note));
  const routes = '  /pass/**: { to: legacy, session: none }\n  /**: legacy';
  const lanes = await Promise.all(
    ['pass', 'story'].map(async (lane) => {
      const legacy = new ScriptedUpstream((request) => [{ send: echo(request.target) }]);
      const gateway = await useGatewayHere(t, await legacy.listen(t), routes);
      return { lane, faults: await tryAll(lane, gateway, legacy) };
    }),
  );
  for (const { lane, faults } of lanes) t.same(faults, [], `each has its answer and no other: ${lane} lane`);
  t.same(thrown, [], 'and nothing was thrown');
});

t.test('a client that is refused while it still sends gets to read why', async (t) => {
  const legacy = new ScriptedUpstream((request) => [{ send: echo(request.target) }]);
  const gateway = await useGatewayHere(t, await legacy.listen(t), '  /**: legacy');
  const more = 'x'.repeat(8_000_000);
  const host = 'Host: shop.test\r\n';
  const length = `Content-Length: ${more.length}\r\n`;
  const early: [number, string][] = [
    [400, `POST / HTTP/1.1\r\n${host}${host}${length}\r\n${more}`],
    [400, `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${more}`],
    [400, `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nz\r\n${more}`],
    [400, `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${length}\r\n${more}`],
    [400, `POST /%zz HTTP/1.1\r\n${host}${length}\r\n${more}`],
    [405, `CONNECT shop.test:80 HTTP/1.1\r\n${host}\r\n${more}`],
    [405, `TRACE / HTTP/1.1\r\n${host}${length}\r\n${more}`],
    [431, `GET / HTTP/1.1\r\n${host}X: ${more}\r\n\r\n`],
    [400, more],
  ];
  for (const [status, bytes] of early) {
    const client = await RawClient.to(gateway.url);
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.socket.pause(); // as one that writes its form before it reads
    await Promise.race([client.write(bytes), closed]);
    client.socket.resume();
    const came = await client.answer();
    t.match(came, { kind: 'whole', status }, JSON.stringify(bytes.slice(0, 90)));
    await client.over();
    client.close();
  }
  for (const target of ['/%zz', '/a#b', '/%2F']) {
    const came = await ask(gateway.url, `HEAD ${target} HTTP/1.1\r\n${host}\r\n`, 'HEAD');
    t.match(came, { kind: 'whole' }, `and so does who asks for the head of ${target} only`);
  }
  t.same(legacy.requests, [], 'legacy hears nothing of them');
});
