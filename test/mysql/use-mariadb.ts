import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { startMariaDb, type MariaDb } from '../../scripts/shop/mariadb.ts';
import { makeScratch } from '../../scripts/shop/process.ts';
import type { SessionTable } from '../../src/mysql/session-table.ts';

/** Starts a private MariaDB for a test file and ends it with the file. */
export async function useMariaDb(t: Test): Promise<MariaDb> {
  const scratch = makeScratch('mysql-test');
  t.teardown(scratch.remove);
  const mariadb = await startMariaDb(scratch.path);
  t.teardown(() => mariadb.stop());
  return mariadb;
}

/** The table of CGI::Session, as its documentation has it. */
export const usualTable: SessionTable = {
  format: 'cgi-session',
  table: 'sessions',
  idColumn: 'id',
  dataColumn: 'a_session',
  charset: 'latin1',
};

/** How our code connects to it. */
export function optionsFor(mariadb: MariaDb) {
  return {
    host: '127.0.0.1',
    port: mariadb.tcpPort,
    user: mariadb.user,
    password: mariadb.password,
    database: 'shop',
  };
}

/**
 * Runs a Perl program with a `$db` of DBD::mysql over it, on a connection of this character set, and gives back what
 * it printed. It finds its arguments in @ARGV.
 */
export function perlWithDb(
  mariadb: MariaDb,
  charset: string,
  program: string,
  args: readonly string[],
): string {
  const head = `use strict; use warnings; use DBI;
    my $db = DBI->connect("dbi:mysql:database=shop;host=127.0.0.1;port=$ENV{DB_PORT}", 'shop', $ENV{DB_PASSWORD}, {RaiseError => 1});
    $db->do('SET NAMES ${charset}');\n`;
  const perl = spawnSync('/usr/bin/perl', ['-e', head + program, ...args], {
    encoding: 'latin1',
    env: { DB_PORT: String(mariadb.tcpPort), DB_PASSWORD: mariadb.password },
  });
  if (perl.status !== 0) throw new Error(`perl: ${perl.stderr}`);
  return perl.stdout;
}
