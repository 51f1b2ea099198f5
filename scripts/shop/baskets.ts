import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway, writeRoutes, type GatewayProcess } from './gateway.ts';
import { giveToServers } from './process.ts';
import { repository, type Shop } from './shop.ts';

/** A way in which a Perl site keeps its sessions. */
export interface BasketKind {
  /** The script in test/fixtures/cgi/, and what it is asked with each time. */
  readonly script: 'basket-cgi.pl' | 'basket-apache.pl';
  readonly form: Readonly<Record<string, string>>;
  readonly cookie: string;
  /** What `session:` in routes.yaml says for it, besides the cookie. */
  readonly settings: (shop: Shop) => readonly string[];
}

const table = (shop: Shop, name: string): string =>
  `  store: ${shop.storeUrl.replace('table=sessions', `table=${name}`)}`;
const folder = (shop: Shop): string => join(shop.scratch, 'baskets');
const locks = (shop: Shop): string => join(shop.scratch, 'basket-locks');

const cgi = (kind: string, settings: BasketKind['settings']): BasketKind => ({
  script: 'basket-cgi.pl',
  form: { kind },
  cookie: 'CGISESSID',
  settings,
});

const apache = (kind: string, transaction: '0' | '1', settings: BasketKind['settings']): BasketKind => ({
  script: 'basket-apache.pl',
  form: { kind, transaction },
  cookie: 'BASKET',
  settings,
});

const apacheTable = (shop: Shop) => ['  format: apache-session', table(shop, 'asessions')];
const apacheFolder = (shop: Shop) => [
  '  format: apache-session',
  `  store: file://${folder(shop)}?name=%s&locks=${locks(shop)}`,
];

/** The ways that perl.md measured, under the names it has for them. */
export const basketKinds = {
  'CGI::Session mysql': cgi('mysql', (shop) => [table(shop, 'sessions')]),
  'CGI::Session mysql, storable': cgi('storable', (shop) => [
    table(shop, 'sessions_storable'),
    '  serializer: storable-native',
  ]),
  'CGI::Session file': cgi('file', (shop) => [`  store: file://${folder(shop)}?name=cgisess_%s`]),
  'Apache::Session MySQL': apache('mysql', '0', apacheTable),
  'Apache::Session MySQL store + Lock::Null': apache('null', '0', apacheTable),
  'Apache::Session File Transaction 0': apache('file', '0', apacheFolder),
  'Apache::Session File Transaction 1': apache('file', '1', apacheFolder),
  'Apache::Session Semaphore Transaction 0': apache('semaphore', '0', apacheTable),
  'Apache::Session Semaphore Transaction 1': apache('semaphore', '1', apacheTable),
} as const satisfies Readonly<Record<string, BasketKind>>;

/** Puts the scripts into a running shop, and what they keep sessions in. `remove` ends what outlives the shop. */
export async function installBaskets(shop: Shop): Promise<{ remove: () => void }> {
  for (const script of ['basket-cgi.pl', 'basket-apache.pl']) {
    const place = join(shop.root, 'cgi-bin', script);
    cpSync(join(repository, 'test/fixtures/cgi', script), place);
    chmodSync(place, 0o755);
    giveToServers(place);
  }
  for (const each of [folder(shop), locks(shop)]) {
    mkdirSync(each);
    giveToServers(each);
  }
  for (const name of ['asessions', 'sessions_storable']) {
    await shop.db.query(`CREATE TABLE ${name} (id CHAR(32) PRIMARY KEY, a_session LONGBLOB NOT NULL)`);
  }
  // Semaphores belong to the machine: the key keeps shops apart, and no shop's end removes them.
  const key = String(0x62000000 + shop.mariadb.tcpPort);
  const lines = { basket_dir: folder(shop), basket_locks: locks(shop), basket_semaphore: key };
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
  appendFileSync(join(shop.root, 'conf/shop.conf'), text.join(''));
  return { remove: () => removeSemaphores(key) };
}

function removeSemaphores(key: string): void {
  try {
    execFileSync('ipcrm', ['-S', key], { stdio: 'pipe' });
  } catch {
    // no script has asked for one
  }
}

/**
 * Writes a routes.yaml for one kind of basket. POST goes to `target`, whose port is test/fixtures/ports/basket.ts, and
 * GET to the script: where the target is a port, both sides serve the same session.
 */
export function writeBasketRoutes(shop: Shop, kind: BasketKind, target: string): string {
  const port = join(repository, 'test/fixtures/ports/basket.ts');
  const routes = `  POST ${kind.script}: { name: basket, to: ${target}, port: ${port} }\n  /**: legacy`;
  return writeRoutes(shop, routes, { session: [`  cookie: ${kind.cookie}`, ...kind.settings(shop)] });
}

/** Starts a gateway that shares sessions with the scripts, wherever they are. */
export function startBasketGateway(shop: Shop, file: string): Promise<GatewayProcess> {
  return startGateway(shop, file, { asServers: true });
}
