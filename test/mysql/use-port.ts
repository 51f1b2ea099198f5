import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { MariaDb } from '../../scripts/shop/mariadb.ts';
import { codecCalled } from '../../src/perl/formats.ts';
import { moduleCalled } from '../../src/perl/modules.ts';
import { openSession } from '../../src/porting/session.ts';
import type { Draft } from '../../src/session/draft.ts';
import type { Fence } from '../../src/session/lock.ts';
import type { SessionFormat } from '../../src/session/module.ts';
import type { SessionUse } from '../../src/session/session.ts';
import type { SessionStore } from '../../src/session/store.ts';

/** Takes a turn on a connection of the test's own. */
export async function takeTurn(connection: Connection): Promise<Fence> {
  await connection.query("DO GET_LOCK('bny:turn', 0)");
  return { kind: 'name', lockName: 'bny:turn', connectionId: connection.threadId ?? 0 };
}

/** Makes something that opens a session, lets a port work on it, and commits; what fails is rolled back. */
export function ports(parts: {
  store: SessionStore;
  fence: Fence;
  format: SessionFormat;
  serializer: string;
  cookieName?: string;
  /** How much later than now the requests come. */
  laterMs?: number;
}) {
  const { store, fence, format, serializer, cookieName = 'SID', laterMs = 0 } = parts;
  const customs = { module: moduleCalled(format), codec: codecCalled(serializer), cookieName };
  return async (
    sessionId: string | null,
    port: (draft: Draft) => unknown = () => undefined,
    sessionUse: SessionUse = 'write',
  ): Promise<Draft> => {
    const errand = {
      exchangeId: 'e',
      method: 'GET',
      file: '',
      sessionUse,
      route: 'port',
      effects: 'refused' as const,
      sessionId,
      fence: sessionUse === 'write' && sessionId !== null ? fence : null,
      timeoutMs: 30_000,
      clientAddress: '203.0.113.9',
      tellsOfSession: false,
      receivedAtMs: Date.now() + laterMs,
    };
    const transaction = await store.begin();
    try {
      const session = await openSession(errand, transaction, customs);
      await port(session.draft);
      const { after } = await session.save();
      await transaction.commit();
      const isTold = sessionUse === 'write' && sessionId !== null && format !== 'rows';
      if (isTold) await holdAgainst(store, sessionId, after);
      return session.draft;
    } catch (thrown) {
      await transaction.rollBack();
      throw thrown;
    }
  };
}

/** What a host says of a session is what the gateway would have found, had it looked. */
async function holdAgainst(store: SessionStore, sessionId: string, said: Buffer | null): Promise<void> {
  const look = await store.begin();
  assert.deepEqual(await look.loadSession(sessionId, false), said);
  await look.rollBack();
}

/** A Perl program that goes on a step whenever it is told to; `<STDIN>` is where it waits. */
export function perlInSteps(mariadb: MariaDb, program: string, args: readonly string[]) {
  const env = { DB_PORT: String(mariadb.tcpPort), DB_PASSWORD: mariadb.password };
  const perl = spawn('/usr/bin/perl', ['-e', `$| = 1; ${program}`, ...args], { env });
  let printed = '';
  let heard = (): void => undefined;
  perl.stdout.setEncoding('latin1').on('data', (text: string) => {
    printed += text;
    heard();
  });
  perl.stderr.pipe(process.stderr);
  const over = new Promise<void>((resolve) => perl.once('close', () => resolve()));
  void over.then(() => heard());
  return {
    printed: () => printed,
    /** Waits until it has printed this. */
    async says(text: string): Promise<void> {
      while (!printed.includes(text)) {
        if (perl.exitCode !== null) throw new Error(`perl ended and said only "${printed}"`);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    goOn: () => perl.stdin.write('\n'),
    over,
  };
}

/** Waits until so many connections wait for a named lock. */
export async function untilWaiting(admin: Connection, connections: number): Promise<void> {
  const sql = "SELECT COUNT(*) AS waiting FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'";
  for (;;) {
    const [[row]] = await admin.query<RowDataPacket[]>(sql);
    if (Number(row?.['waiting']) >= connections) return;
  }
}
