import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { freeTcpPort, giveToServers, startServer, untilUp, type Server } from './process.ts';

/** A private MariaDB in a scratch folder. */
export interface MariaDb {
  readonly tcpPort: number;
  readonly user: 'shop';
  readonly password: string;
  /** A new connection as the administrator, to look behind the scenes. */
  connect(database?: string): Promise<Connection>;
  /** Ends the server the hard way. */
  kill(): Promise<void>;
  /** Starts it again on the same data and TCP port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

// Small, and quick to start: 0.9 s for a new data folder and 0.3 s to come up, measured.
const smallServer = [
  '--innodb-buffer-pool-size=32M',
  '--innodb-log-file-size=8M',
  '--performance-schema=OFF',
];

/** Starts a MariaDB of our own on a free TCP port of the loopback interface, as an ordinary user. */
export async function startMariaDb(scratch: string): Promise<MariaDb> {
  const home = join(scratch, 'mariadb');
  const data = join(home, 'data');
  const logFile = join(home, 'log');
  const [password, tcpPort] = [randomBytes(12).toString('hex'), await freeTcpPort()];
  // A folder for temporary tables of our own: one server that starts removes those of another (13 of 48 failed).
  const temporary = join(home, 'tmp');
  mkdirSync(temporary, { recursive: true });
  giveToServers(home);
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--force', // else it fails where the host's own name cannot be looked up, as in a bare container
      `--tmpdir=${temporary}`,
      ...smallServer,
    ],
    { stdio: 'pipe', env: { ...process.env, TMPDIR: temporary } },
  );
  giveToServers(data);
  writeFileSync(
    join(home, 'init.sql'),
    [
      `ALTER USER root@localhost IDENTIFIED BY '${password}';`,
      "CREATE USER IF NOT EXISTS root@'127.0.0.1';",
      `ALTER USER root@'127.0.0.1' IDENTIFIED BY '${password}';`,
      `GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;`,
      `CREATE USER IF NOT EXISTS shop@'127.0.0.1' IDENTIFIED BY '${password}';`,
      'CREATE DATABASE IF NOT EXISTS shop CHARACTER SET latin1;',
      "GRANT ALL ON shop.* TO shop@'127.0.0.1';",
    ].join('\n') + '\n',
    { mode: 0o600 },
  );
  giveToServers(join(home, 'init.sql'));

  const connect = (database?: string): Promise<Connection> =>
    mysql.createConnection({
      host: '127.0.0.1',
      port: tcpPort,
      user: 'root',
      password,
      multipleStatements: true,
      ...(database === undefined ? {} : { database }),
    });
  const up = async (): Promise<Server> => {
    const server = startServer(
      [
        'mariadbd',
        '--no-defaults',
        `--datadir=${data}`,
        `--tmpdir=${temporary}`,
        `--socket=${join(home, 'socket')}`,
        `--port=${tcpPort}`,
        '--bind-address=127.0.0.1',
        `--init-file=${join(home, 'init.sql')}`,
        '--max-connections=300',
        '--skip-name-resolve',
        '--innodb-flush-log-at-trx-commit=2',
        ...smallServer,
      ],
      { logFile },
    );
    await untilUp('MariaDB', server, logFile, () =>
      connect('shop').then(
        (connection) => connection.end().then(() => true),
        () => false,
      ),
    );
    return server;
  };

  let server = await up();
  return {
    tcpPort,
    user: 'shop',
    password,
    connect,
    kill: () => server.stop('SIGKILL'),
    restart: async () => {
      await server.stop('SIGKILL');
      server = await up();
    },
    stop: () => server.stop('SIGKILL'), // the data goes with it, so there is nothing to save
  };
}
