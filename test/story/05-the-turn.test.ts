import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { lockName } from '../../src/mysql/asker.ts';
import {
  allTurnsOver,
  logged,
  metricsOf,
  perlReads,
  turnsHeld,
  until,
  useGateway,
  useShop,
} from '../helpers/shop.ts';

/** Sends a GET and leaves as soon as `leaveWhen` resolves. */
async function askAndLeave(visitor: Visitor, page: string, leaveWhen: () => Promise<void>): Promise<void> {
  const sent = request(`${visitor.base}/cgi-bin/${page}`, {
    headers: { cookie: `CGISESSID=${visitor.sessionId}` },
  });
  sent.on('error', () => undefined);
  sent.on('response', (response) => response.on('error', () => undefined).resume());
  sent.end();
  await leaveWhen();
  sent.destroy();
}

t.test('a client that goes away', async (t) => {
  const shop = await useShop(t);
  const gated = join(repository, 'test/fixtures/ports/gated.ts');
  const gateway = await useGateway(t, shop, `  view.pl: { to: port, port: ${gated} }\n  /**: legacy`);

  await t.test('mid-answer on legacy: the turn is kept until the script has ended', async (t) => {
    const visitor = new Visitor(gateway.url);
    await visitor.get('cart.pl?action=show');
    await allTurnsOver(gateway);
    await askAndLeave(visitor, 'report.pl?rows=4;pause=0.3', () =>
      until('the report holds its turn', async () => (await turnsHeld(gateway)) === 1),
    );
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' });
    await logged(gateway, (line) => line['path'] === '/cgi-bin/cart.pl' && line['method'] === 'POST');
    const lines = gateway.log();
    const report = lines.findIndex((line) => line['path'] === '/cgi-bin/report.pl');
    const cart = lines.findLastIndex((line) => line['path'] === '/cgi-bin/cart.pl');
    t.match(lines[report], { clientLeft: true, side: 'legacy' }, 'the log says that the client left');
    t.ok(report < cart, 'the next request of the session came to its end after the report');
    t.match(lines[cart], { overlapped: true }, 'because it had to wait for its turn');
    const session = await perlReads(shop, visitor.sessionId as string);
    t.same(session['cart'], { 1001: 1 }, 'what it did is in the session');
    t.ok('last_report' in session, 'and so is what the abandoned script did');
    t.equal(await turnsHeld(gateway), 0, 'no turn is left');
  });

  await t.test('mid-request on a port: the port finishes, and then the turn is freed', async (t) => {
    const visitor = new Visitor(gateway.url);
    await visitor.get('cart.pl?action=show');
    const gate = await shop.mariadb.connect('shop');
    await gate.query("SELECT GET_LOCK('gate', 0)");
    await askAndLeave(visitor, 'view.pl?gate=gate;session=write', () =>
      until('the port is at the gate', async () => {
        const [rows] = await gate.query(
          "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock'",
        );
        return (rows as unknown[]).length === 1;
      }),
    );
    t.equal(await turnsHeld(gateway), 1, 'the turn is still held after the client left');
    const next = visitor.get('cart.pl?action=show');
    await gate.query("SELECT RELEASE_LOCK('gate')");
    await next;
    t.match(
      await perlReads(shop, visitor.sessionId as string),
      { gated: 'was here' },
      'the port has committed',
    );
    await allTurnsOver(gateway);
    t.equal(await turnsHeld(gateway), 0, 'and the turn is free');
    await gate.end();
  });
});

t.test('a client that goes away while it waits for its turn', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  cart.pl: port\n  /**: legacy');
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  await allTurnsOver(gateway);
  const report = visitor.get('report.pl?rows=3;pause=0.3');
  await until('the report holds its turn', async () => (await turnsHeld(gateway)) === 1);
  const waiting = async (): Promise<number> =>
    Number(/^banyan_session_lock_waiters (\d+)/m.exec(await metricsOf(gateway))?.[1]);
  await askAndLeave(visitor, 'cart.pl?action=add;sku=1001', () =>
    until('it waits', async () => (await waiting()) === 1),
  );
  await until('its place is free', async () => (await waiting()) === 0);
  t.equal(await turnsHeld(gateway), 1, 'while the report still works');
  await report;
  t.equal(await visitor.items(), 0, 'and is not served any more');
  t.match(await logged(gateway, (line) => line['problem'] === 'CLIENT_GONE'), {
    side: 'none',
    clientLeft: true,
  });

  const { hostname, port } = new URL(gateway.url);
  const half = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  half.end(`GET /cgi-bin/cart.pl HTTP/1.1\r\nHost: x\r\nCookie: CGISESSID=${visitor.sessionId}\r\n\r\n`);
  let answer = '';
  for await (const chunk of half) answer += String(chunk);
  t.match(
    answer,
    /HTTP\/1\.1 200 OK[^]*<B>Items: 0<\/B>/,
    'one that only shuts its sending side gets its answer',
  );
});

t.test('a turn that is not had in time', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  /**: legacy', '300ms');
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  const own = visitor.sessionId as string;
  // Somebody else holds the turn: another gateway, for all this one knows.
  const other = await shop.mariadb.connect('shop');
  // The first visit's own turn may be held for a moment longer than its answer took.
  await other.query('SELECT GET_LOCK(?, 10)', [lockName('shop.sessions', own)]);

  const answer = await visitor.get('cart.pl?action=show');
  t.equal(answer.status, 503, 'is a 503');
  t.equal(answer.headers['retry-after'], '2', 'that says when to come again');
  t.match(answer.body, /Another request of your session/, 'and why, in a sentence');
  t.notMatch(answer.body, /127\.0\.0\.1|mysql|GET_LOCK/i, 'and names nothing of the inside');
  t.match(await metricsOf(gateway), /banyan_session_lock_timeouts_total\{route="rest"\} 1/, 'and is counted');

  await other.end();
  t.equal((await visitor.get('cart.pl?action=show')).status, 200, 'once the turn is free, it is had');
});
