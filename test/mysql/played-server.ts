import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import mysql from 'mysql2';
import type { Test } from 'tap';

/** What SELECT GET_LOCK … gives: a row of numbers, or an error. */
export type LockAnswer = readonly (number | null)[] | { readonly code: number; readonly message: string };

/** What mysql2's server gives us of a client; its types say nothing of it. */
interface Client {
  serverHandshake(hello: object): void;
  writeTextResult(rows: object[], columns: object[]): void;
  writeError(error: { code: number; message: string }): void;
  /** Packets are numbered from 0 for each question. */
  _resetSequenceId(): void;
  on(event: 'query', listener: (sql: string) => void): void;
  on(event: 'error', listener: () => void): void;
}

/** A MySQL server that has these variables and answers GET_LOCK so: a cluster cannot be had here. */
export async function playServer(
  t: Test,
  variables: Readonly<Record<string, string>>,
  lockAnswer: LockAnswer,
): Promise<{ host: string; port: number; user: string }> {
  const server = mysql.createServer((connection: unknown) => {
    const client = connection as Client;
    client.on('error', () => undefined);
    client.on('query', (sql) => {
      if (sql.startsWith('SHOW')) {
        const rows = Object.entries(variables).map(([name, value]) => ({
          Variable_name: name,
          Value: value,
        }));
        client.writeTextResult(rows, ['Variable_name', 'Value'].map(column));
      } else if ('code' in lockAnswer) client.writeError(lockAnswer);
      else {
        const names = lockAnswer.map((_, at) => `c${at}`);
        const row = Object.fromEntries(lockAnswer.map((number, at) => [`c${at}`, number]));
        client.writeTextResult([row], names.map(column));
      }
      client._resetSequenceId();
    });
    client.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.36',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 33,
      capabilityFlags: 0xffffff,
      authCallback: (_: unknown, done: (thrown: null) => void) => {
        done(null);
        client._resetSequenceId();
      },
    });
  }) as unknown as { listen(tcpPort: number, host: string): void; _server: Server };
  server.listen(0, '127.0.0.1');
  t.teardown(() => server._server.close());
  if (!server._server.listening) await once(server._server, 'listening');
  return { host: '127.0.0.1', port: (server._server.address() as AddressInfo).port, user: 'shop' };
}

function column(name: string): object {
  const nowhere = { catalog: 'def', schema: '', table: '', orgTable: '', orgName: name };
  return {
    ...nowhere,
    name,
    characterSet: 33,
    columnLength: 255,
    columnType: 253,
    flags: 0,
    decimals: 0,
  };
}
