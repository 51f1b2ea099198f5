import { connectionOptions } from '../compose-places.ts';
import { recordingSeal } from '../config/recording-seal.ts';
import type { SessionSettings, Settings } from '../config/settings.ts';
import { parseMysqlUrl } from '../config/store-url.ts';
import type { Capture, Sealed } from '../exchange/capture.ts';
import type { Delivery } from '../gateway/recorder.ts';
import { GeneralLog, LogRefused } from '../mysql/general-log.ts';
import { Mistake } from '../routing/mistake.ts';
import { exitCodes, Failure } from './failure.ts';
import { note, tell } from './print.ts';
import { aboutTable, maskedSql } from './record-mask.ts';
import { statementsOf } from './record-threads.ts';

/** Finds what legacy sent to the database for captures. */
export interface SqlFinder {
  /** The captures that began since, with their statements, masked, and without what was sealed. */
  find(deliveries: readonly Delivery[]): Promise<Capture[]>;
  /** Of how many it was not certain which statements are theirs. */
  readonly uncertain: number;
  /** Sets the server's log as it was. */
  close(): Promise<void>;
}

/** What a visitor may have thought up, such as "a", is in every statement. */
const isTelling = (id: string): boolean => id.length >= 8;

/** Threads are looked at from so long before an exchange. */
const marginMs = 2_000;

/** The table of the sessions; null where they are in files. */
export function sessionTableOf(session: SessionSettings | null): string | null {
  return session?.store.kind === 'mysql' ? session.store.table : null;
}

/**
 * Has the server write its general log into a table until `close`. `url` is of an account that may do so; without one it
 * is in $BANYAN_SQL. Throws a Failure where it may not, and then nothing was changed.
 */
export async function findSql(
  url: string | true,
  settings: Settings,
  mask: readonly string[],
): Promise<SqlFinder> {
  const seal = recordingSeal(settings);
  if (seal === null)
    throw new Failure(
      exitCodes.usage,
      'the gateway cannot tell which statements are a session\'s: "session: store" has no password to close that with',
      'give the account in routes.yaml a password, or record without --sql',
    );
  const { database: _, ...options } = connectionOptions(addressOf(url)); // it may enter none
  const log = await GeneralLog.open(options).catch((thrown: unknown) => {
    if (thrown instanceof LogRefused)
      throw new Failure(exitCodes.refused, `${thrown.message}; nothing was recorded`, thrown.help, thrown);
    const message = `the database of --sql cannot be had: ${(thrown as Error).message}`;
    throw new Failure(exitCodes.unreachable, message, 'mysql://user:password@host:3306/', thrown);
  });
  if (log.undo !== null)
    note(
      `general_log of ${options.host ?? options.socketPath} is on until this ends. If it is killed: ${log.undo};\n`,
    );
  const isOfSession = aboutTable(sessionTableOf(settings.session));
  let uncertain = 0;

  /** Nothing for what began before us, which somebody else may have ordered. */
  const opened = ({ sealed, ...capture }: Delivery): { capture: Capture; secret: Sealed }[] => {
    if (sealed === undefined && capture.receivedAtMs < log.sinceMs) return [];
    const text = sealed === undefined ? null : seal.open(sealed);
    if (text === null)
      throw new Failure(
        exitCodes.findings,
        'the gateway uses another password for the sessions than this routes.yaml, or is older than this banyan',
        'start it on the same file and in the same environment',
      );
    const secret = JSON.parse(text) as Sealed;
    return secret.begunAtMs < log.sinceMs ? [] : [{ capture, secret }];
  };
  const find = async (deliveries: readonly Delivery[]): Promise<Capture[]> => {
    const all = deliveries.flatMap(opened);
    if (all.length === 0) return [];
    const fromMs = Math.min(...all.map(({ secret }) => secret.begunAtMs));
    const lines = await log.lines(fromMs - marginMs, Date.now() + 1).catch(refused);
    const own = await log.ownThreads();
    return all.map(({ capture, secret }) => {
      if (capture.side === 'port') return capture; // it is not about what ports send
      // A millisecond has no parts for us: the last may have been sent later in it.
      const [toMs, ids] = [capture.endedAtMs + 1, secret.ids.filter(isTelling)];
      const found = statementsOf(lines, { fromMs: secret.begunAtMs, toMs, ids }, { own, isOfSession });
      if (found === null) uncertain++;
      const masking = { secrets: secret, also: mask, isOfSession };
      return { ...capture, sql: found?.map((sql) => maskedSql(sql, masking)) ?? null };
    });
  };
  return {
    find,
    get uncertain() {
      return uncertain;
    },
    close: () =>
      log.close().then(
        () => {
          if (log.undo !== null)
            note('general_log is as it was; what it wrote is still in the table mysql.general_log\n');
        },
        (thrown: unknown) => {
          tell(`general_log could not be set as it was, type this there: ${log.undo};\n`);
          throw thrown;
        },
      ),
  };
}

function refused(thrown: unknown): never {
  if (!(thrown instanceof LogRefused)) throw thrown;
  throw new Failure(exitCodes.findings, thrown.message, thrown.help, thrown);
}

function addressOf(url: string | true): ReturnType<typeof parseMysqlUrl> {
  const text = url === true ? (process.env['BANYAN_SQL'] ?? '') : url;
  try {
    // The store of the sessions names a database; here it does not matter.
    return parseMysqlUrl(text.replace(/^(mysql:\/\/[^/?#]*)\/?(?=$|\?)/, '$1/mysql'));
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    const help =
      'write --sql mysql://user:password@host:3306/, or set BANYAN_SQL to that and write --sql alone';
    throw new Failure(exitCodes.usage, 'the address of --sql cannot be read', help, thrown);
  }
}
