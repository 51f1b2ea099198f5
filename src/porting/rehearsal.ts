import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Problem, asProblem } from '../errors.ts';
import type { Capture } from '../exchange/capture.ts';
import type { QueryResult, SessionStore, Transaction } from '../session/store.ts';
import type { SessionUse } from '../session/session.ts';
import type { PortAnswer } from './define.ts';
import { work, type WorkParts } from './work.ts';

/** What a port made of a recorded request, and left no trace of. */
export interface Rehearsed {
  /** Null where there is a problem. */
  readonly answer: {
    readonly status: number;
    readonly headers: PortAnswer['headers'];
    readonly body: Buffer;
  } | null;
  readonly problem: Problem | null;
  /** The session as the port would have left it: its bytes, null where it would be gone or there was none. */
  readonly session: Buffer | null;
  /** What it sent to the database, in order. */
  readonly statements: readonly { readonly sql: string; readonly values: readonly unknown[] }[];
}

/** What a rehearsal is of. */
export interface RehearsalOf {
  readonly capture: Capture;
  /** The port's file. */
  readonly file: string;
  readonly sessionUse: SessionUse;
  readonly timeoutMs: number;
}

/**
 * Runs a port for a recorded request, at the time of the recording and with the session as it was then. Its statements
 * are sent to the real database, in a transaction that is always rolled back; the session is kept from it. What it has
 * left for after the commit is not done. Never rejects.
 */
export async function rehearse(
  { capture, file, sessionUse, timeoutMs }: RehearsalOf,
  parts: Pick<WorkParts, 'customs' | 'say'> & { readonly store: SessionStore },
): Promise<Rehearsed> {
  const { request, session } = capture;
  const stage = new Stage(session?.before ?? null);
  const job = {
    errand: {
      exchangeId: 'rehearsal',
      method: request.method,
      route: capture.route,
      file,
      sessionUse,
      effects: 'refused' as const,
      sessionId: session?.id ?? null,
      fence: { kind: 'file' as const }, // nobody looks at it: no session is written
      timeoutMs,
      clientAddress: capture.clientAddress,
      receivedAtMs: capture.receivedAtMs,
      tellsOfSession: false,
    },
    method: request.method,
    target: request.target,
    headers: request.headers,
    body: Buffer.from(request.body, 'latin1'),
  };
  const settled = await work(
    job,
    {
      ...parts,
      store: {
        begin: async (terms) => stage.open(await parts.store.begin(terms)),
        close: async () => undefined,
      },
      fileOf: () => file,
      later: () => undefined,
      random: dice(),
    },
    async () => undefined,
    async () => undefined,
  ).then(
    async ({ answer }) => ({ answer: await wholeOf(answer), problem: null }),
    (thrown: unknown) => ({ answer: null, problem: asProblem(thrown, 'PORT_FAILED') }),
  );
  return { ...settled, session: stage.session, statements: stage.statements };
}

async function wholeOf({ status, headers, body }: PortAnswer): Promise<Rehearsed['answer']> {
  return { status, headers, body: body instanceof Readable ? await buffer(body) : body };
}

/** The same numbers in every rehearsal (mulberry32). */
function dice(): () => number {
  let state = 2003;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Stands in for the store of sessions, and looks on at what is asked of the tables. */
class Stage {
  session: Buffer | null;
  readonly statements: { sql: string; values: readonly unknown[] }[] = [];

  constructor(before: string | null) {
    this.session = before === null ? null : Buffer.from(before, 'latin1');
  }

  open(real: Transaction): Transaction {
    const keep = async (_id: string, bytes: Buffer): Promise<void> => {
      this.session = bytes;
    };
    return {
      loadSession: async () => this.session,
      addSession: keep,
      saveSession: keep,
      removeSession: async () => {
        this.session = null;
      },
      query: (sql, values): Promise<QueryResult> => {
        this.statements.push({ sql, values });
        return real.query(sql, values);
      },
      execute: (sql, values): Promise<QueryResult> => {
        this.statements.push({ sql, values });
        return real.execute(sql, values);
      },
      mustBeOpen: () => real.mustBeOpen(),
      commit: async () => void (await real.rollBack()),
      rollBack: () => real.rollBack(),
    };
  }
}
