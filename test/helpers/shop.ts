import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RowDataPacket } from 'mysql2/promise';
import type { Test } from 'tap';
import { startGateway, writeRoutes, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { startShop, type Shop } from '../../scripts/shop/shop.ts';

const run = promisify(execFile);

/** Starts the real shop for a test file and ends it with the file. */
export async function useShop(t: Test): Promise<Shop> {
  t.setTimeout(400_000); // a busy machine takes its time; what must be quick is measured in bench/
  const shop = await startShop('test');
  t.teardown(() => shop.stop());
  return shop;
}

/** Starts a gateway in front of the shop and ends it with the test. For the words see `writeRoutes`. */
export async function useGateway(
  t: Test,
  shop: Shop,
  routes: string,
  wait?: string,
): Promise<GatewayProcess> {
  return useGatewayOn(t, shop, writeRoutes(shop, routes, { wait }));
}

/** The page /metrics. */
export async function metricsOf(gateway: Pick<GatewayProcess, 'adminUrl'>): Promise<string> {
  return (await fetch(`${gateway.adminUrl}/metrics`)).text();
}

/** Turns held now, as /metrics tells. */
export async function turnsHeld(gateway: Pick<GatewayProcess, 'adminUrl'>): Promise<number> {
  return Number(/^banyan_session_locks_held (\d+)/m.exec(await metricsOf(gateway))?.[1] ?? NaN);
}

/** Waits until no turn is held: the turn of a request may be held for a moment longer than its answer took. */
export async function allTurnsOver(gateway: Pick<GatewayProcess, 'adminUrl'>): Promise<void> {
  await until('no turn is held', async () => (await turnsHeld(gateway)) === 0);
}

/** The same on a file that is there already, for a second gateway on the same routes. */
export async function useGatewayOn(t: Test, shop: Shop, file: string): Promise<GatewayProcess> {
  const gateway = await startGateway(shop, file);
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}

/** The raw bytes of a session row, or null. */
export async function sessionBytes(shop: Shop, id: string): Promise<Buffer | null> {
  const [rows] = await shop.db.query<RowDataPacket[]>(
    'SELECT CAST(a_session AS BINARY) AS bytes FROM sessions WHERE id = ?',
    [id],
  );
  return (rows[0]?.['bytes'] as Buffer | undefined) ?? null;
}

/** What CGI::Session itself reads in a session: every key, in Perl, printed as JSON with sorted keys. */
export async function perlReads(shop: Shop, id: string): Promise<Record<string, unknown>> {
  const program = `
    use CGI::Session; use DBI; use JSON::PP;
    my $db = DBI->connect("dbi:mysql:database=shop;host=127.0.0.1;port=$ENV{DB_PORT}", 'shop', $ENV{DB_PASSWORD}, {RaiseError => 1});
    $db->do('SET NAMES latin1');
    my $s = CGI::Session->load('driver:mysql', $ENV{SESSION}, {Handle => $db}) or die CGI::Session->errstr;
    die "no such session\\n" if $s->is_empty;
    my %all = map { $_ => $s->param($_) } $s->param;
    $all{_SESSION_ID} = $s->id; $all{_SESSION_ETIME} = $s->etime;
    print JSON::PP->new->canonical->latin1->encode(\\%all);
  `;
  const { stdout } = await run('/usr/bin/perl', ['-e', program], {
    encoding: 'latin1',
    env: { DB_PORT: String(shop.mariadb.tcpPort), DB_PASSWORD: shop.mariadb.password, SESSION: id },
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The last line of the log that fits; an exchange is logged when it is over, which its client does not wait for. */
export async function logged(
  gateway: GatewayProcess,
  fits: (line: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  await until('the log has the line', () => gateway.log().some(fits));
  return gateway.log().findLast(fits) as Record<string, unknown>;
}

/** Waits until something is so. For events that cannot be awaited; fails with what was awaited, after ten seconds. */
export async function until(
  what: string,
  probe: () => boolean | Promise<boolean>,
  patienceMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
