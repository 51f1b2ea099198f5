// What a port host says when it crashes is told to who has started the gateway.
import t from 'tap';
import { startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, until, useShop } from '../helpers/shop.ts';

const later = `import { definePort, html } from 'banyan';
export default definePort(() => {
  setTimeout(() => {
    throw new Error('later');
  });
  return html('answered');
});
`;

const shop = await useShop(t);

t.test('the stack of what a port has thrown later, and how the host ended', async (t) => {
  const folder = t.testdir({ 'office.ts': later });
  const file = writeRoutes(shop, '  office.pl: port\n  /**: legacy', { ports: folder });
  const said: string[] = [];
  const gateway = await startGateway(shop, file, { onStderr: (line) => said.push(line) });
  t.teardown(() => gateway.stop('SIGKILL'));
  await new Visitor(gateway.url).get('office.pl');
  await until('the stack is told', () => said.some((line) => line.startsWith('Error: later')));
  await until('and the line', () => said.some((line) => /office\.ts:4:\d+\)?$/.test(line)));
  const ended = await logged(gateway, ({ msg }) => msg === 'port host ended');
  t.match(ended, { level: 'warn', detail: /^exit code [1-9]/ });
});
