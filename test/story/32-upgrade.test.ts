import { connect } from 'node:net';
import t from 'tap';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { holdSockets } from '../helpers/socket-holder.ts';
import { useShop } from '../helpers/shop.ts';

/** Asks over a new connection; resolves with the status, or with what went wrong. Never rejects. */
function ask(base: string, path: string): Promise<string> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    );
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1] ?? 'closed'));
  });
}

t.test('twenty gateways take over from each other under load, and nobody is refused', async (t) => {
  const shop = await useShop(t);
  t.setTimeout(400_000);
  const file = writeRoutes(shop, '  /**: { to: legacy, session: none }');
  const holder = await holdSockets(t, shop, file);
  let pid = await holder.start();
  const counts: Record<string, number> = {};
  let isOver = false;
  const keepAsking = async (base: string, path: string): Promise<void> => {
    while (!isOver) {
      const came = `${path} ${await ask(base, path)}`;
      counts[came] = (counts[came] ?? 0) + 1;
    }
  };
  const loads = [
    ...[1, 2, 3, 4].map(() => keepAsking(holder.url, '/')),
    keepAsking(holder.adminUrl, '/live'),
  ];
  const exits: string[] = [];
  for (let upgrade = 0; upgrade < 20; upgrade++) {
    const next = await holder.start();
    process.kill(pid, 'SIGTERM');
    exits.push(await holder.ended(pid));
    pid = next;
  }
  isOver = true;
  await Promise.all(loads);
  t.same(exits, Array(20).fill('0'), 'each finished what it had begun');
  t.same(Object.keys(counts).sort(), ['/ 200', '/live 200'], `of ${JSON.stringify(counts)}`);
  t.comment(JSON.stringify(counts));
});
