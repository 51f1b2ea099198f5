import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { undoOf } from './changes.ts';
import { follow, tellStderr } from './follow.ts';
import { shown } from './words.ts';
import { startGateway } from '../shop/gateway.ts';
import { repository, startStock } from '../shop/shop.ts';

const text = (url: string, admin: string): string => `
  the shop, through the gateway     ${url}/cgi-bin/index.pl      (log in as pete, password vinyl)
  old against new, as numbers       ${admin}/metrics

Three commands to try in another terminal, while you click about:

  npm run banyan -- routes                          who serves what
  npm run banyan -- flip cart.pl port               move the cart to TypeScript, now; your cart stays full
  npm run banyan -- explain GET /cgi-bin/cart.pl    why a request goes where it goes

You can as well edit routes.yaml: it is read again when you save it. Ctrl-C ends everything.
`;

const devText = (url: string, storeUrl: string): string => `
  the shop, through the gateway     ${url}/cgi-bin/index.pl      (log in as pete, password vinyl)
  for banyan port test in another shell: export BANYAN_SESSIONS='${storeUrl}'

Save a file of ports/, and it serves at once. Its route must be on port: npm run banyan -- flip cart.pl port
What ports answer, why one was not taken, and what the compiler says of it, stands below. Ctrl-C ends everything.
`;

/**
 * Starts the shop and a gateway on ./routes.yaml, says what can be done, and stays until it is interrupted. With `dev` it
 * tells what becomes of ports while they are written.
 */
export async function stay({ dev }: { readonly dev: boolean }): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`demo: ${line}\n`);
  say('starting a private MariaDB in a scratch folder');
  const routesFile = join(repository, 'routes.yaml');
  const before = readFileSync(routesFile, 'utf8');
  const shop = await startStock('demo');
  say('starting the gateway on routes.yaml; it runs the Perl of legacy-stub/ itself');
  // 8000 and 9901 are what routes.yaml says; on a machine that uses them already, the system picks others.
  const instead = [
    ...((await isTaken(8000)) ? ['--listen', '127.0.0.1:0'] : []),
    ...((await isTaken(9901)) ? ['--admin', '127.0.0.1:0'] : []),
  ];
  try {
    const gateway = await startGateway(shop, routesFile, {
      args: instead,
      asServers: true,
      ...(dev ? { onStderr: tellStderr } : {}),
    });
    process.stdout.write(dev ? devText(gateway.url, shop.storeUrl) : text(gateway.url, gateway.adminUrl));
    process.stdout.write(`\nThe gateway's log: ${gateway.logFile}\n`);
    const follower = dev ? follow(gateway.logFile) : null;
    const interrupted = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    const code = await Promise.race([interrupted, gateway.ended]);
    if (typeof code === 'number') throw new Error(`the gateway ended by itself with exit code ${code}`);
    follower?.end();
    say('ending');
    await gateway.stop();
    return 0;
  } finally {
    await shop.stop();
    tellChanges(routesFile, before);
  }
}

function isTaken(tcpPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(tcpPort, '127.0.0.1');
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** Who has tried `flip` has changed routes.yaml; say so, and how to undo it. */
function tellChanges(file: string, before: string): void {
  const undo = undoOf(file, before);
  if (undo !== null)
    process.stdout.write(`demo: routes.yaml is not as it was at the start; undo with: ${shown(undo)}\n`);
}
