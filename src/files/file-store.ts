import { constants } from 'node:fs';
import { Problem } from '../errors.ts';
import { systemClock, type Clock } from '../exchange/clock.ts';
import type { Fence } from '../session/lock.ts';
import type { QueryResult, SessionStore, Transaction } from '../session/store.ts';
import { Locker, type FileHold } from './locker.ts';
import { openIfThere, readWhole } from './session-file.ts';
import { placeOf, type SessionFolder, type SessionPlace } from './session-folder.ts';
import { contentOf, readSession } from './session-reader.ts';
import { adding, overwriting, removing, type FolderWrite } from './session-writes.ts';

/** How long a port waits for a script that has the session locked and takes no turns. */
const patienceMs = 5_000;

/**
 * Sessions in files, and tables in a database where the port has one. The two cannot be committed as one: the database
 * is committed first and the session written right after, with everything found out before that could be in its way. A
 * port that is killed between the two has changed its tables and not the session, and its answer was never sent.
 */
export function fileStore(
  folder: SessionFolder,
  database: SessionStore | null,
  clock: Clock = systemClock,
): SessionStore {
  const locker = new Locker({ directory: folder.directory, clock });
  const parts = { folder, locker, clock };
  return {
    begin: async (terms) =>
      new FileTransaction(parts, database === null ? null : await database.begin(terms)),
    close: async () => {
      await locker.close();
      await database?.close();
    },
  };
}

interface Parts {
  readonly folder: SessionFolder;
  readonly locker: Locker;
  readonly clock: Clock;
}

/** A session whose lock is ours until the end of the transaction, and what it held when we got it. */
interface Locked {
  readonly hold: FileHold;
  readonly bytes: Buffer;
}

class FileTransaction implements Transaction {
  readonly #parts: Parts;
  readonly #database: Transaction | null;
  readonly #locked = new Map<string, Locked>();
  readonly #writes: FolderWrite[] = [];
  /** Aborted when it is over, with the reason: whoever still waits for a lock shall not have it. */
  readonly #over = new AbortController();

  constructor(parts: Parts, database: Transaction | null) {
    this.#parts = parts;
    this.#database = database;
  }

  async loadSession(id: string, forUpdate: boolean): Promise<Buffer | null> {
    this.#mustGoOn();
    const { folder, locker, clock } = this.#parts;
    try {
      if (!forUpdate) return await readSession(folder, id, locker, clock);
      const place = placeOf(folder, id);
      return place === null ? null : (this.#locked.get(id)?.bytes ?? (await this.#lockAndRead(id, place)));
    } catch (thrown) {
      throw unreachable(thrown);
    }
  }

  async addSession(id: string, bytes: Buffer): Promise<void> {
    await this.#prepare(adding(this.#placeOf(id), bytes));
  }

  async saveSession(id: string, bytes: Buffer, fence: Fence): Promise<void> {
    await this.#prepare(overwriting(this.#placeOf(id), this.#loaded(id, fence), bytes));
  }

  async removeSession(id: string, fence: Fence): Promise<void> {
    await this.#prepare(removing(this.#placeOf(id), this.#loaded(id, fence)));
  }

  async query(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    return this.#tables().query(sql, values);
  }

  async execute(sql: string, values: readonly unknown[]): Promise<QueryResult> {
    return this.#tables().execute(sql, values);
  }

  #tables(): Transaction {
    if (this.#database === null) {
      throw new TypeError('this port has no database: name one in ports.database');
    }
    return this.#database;
  }

  mustBeOpen(): void {
    this.#mustGoOn();
    this.#database?.mustBeOpen();
    for (const { hold } of this.#locked.values()) {
      if (hold.lost.aborted) throw new Problem('DATABASE_DOWN', 'the lock of the session file was lost');
    }
    for (const write of this.#writes) write.check();
  }

  async commit(): Promise<void> {
    this.#mustGoOn();
    try {
      this.mustBeOpen();
    } catch (thrown) {
      await this.rollBack();
      throw thrown;
    }
    this.#over.abort('the transaction is over: it was committed');
    let isDone = false;
    try {
      await this.#database?.commit();
      for (const write of this.#writes) await write.carryOut();
      isDone = true;
    } finally {
      await this.#end(isDone);
    }
  }

  async rollBack(): Promise<string | null> {
    if (this.#over.signal.aborted) return null;
    this.#over.abort('the transaction is over: it was rolled back');
    const left = (await this.#database?.rollBack()) ?? null;
    await this.#end(false);
    return left;
  }

  /** Takes the lock that Perl would take, and only then reads. */
  async #lockAndRead(id: string, place: SessionPlace): Promise<Buffer | null> {
    // Of a session that is not there no lock file is made: anybody can send ids that nobody has.
    if (!place.locksItself && !(await isThere(place.path))) return null;
    const hold = await this.#parts.locker.lockFile(
      { path: place.lockPath, exclusive: true, make: !place.locksItself },
      { ms: patienceMs, gone: this.#over.signal },
    );
    if (hold === 'missing') return null;
    if (hold === 'busy') {
      this.#mustGoOn();
      throw new Problem(
        'SESSION_LOCKED',
        `the session file was locked by somebody else for ${patienceMs} ms: is there a script that takes no turn?`,
      );
    }
    try {
      const bytes = await readUnder(hold, place);
      this.#mustGoOn();
      if (bytes !== null) this.#locked.set(id, { hold, bytes });
      else await hold.release();
      return bytes;
    } catch (thrown) {
      await hold.release();
      throw thrown;
    }
  }

  /** Keeps a write for the end; one that was ready too late for it is undone. */
  async #prepare(preparing: Promise<FolderWrite>): Promise<void> {
    const write = await preparing;
    if (this.#over.signal.aborted) await write.end(false);
    this.#mustGoOn();
    this.#writes.push(write);
  }

  /** The locks are given back last: whoever has one next finds all as it stays. */
  async #end(isDone: boolean): Promise<void> {
    for (const write of this.#writes.splice(0)) await write.end(isDone);
    await Promise.all([...this.#locked.values()].map(({ hold }) => hold.release()));
    this.#locked.clear();
  }

  #placeOf(id: string): SessionPlace {
    this.#mustGoOn();
    const place = placeOf(this.#parts.folder, id);
    if (place === null) throw new Problem('SESSION_UNWRITABLE', 'no file can have the name of this session');
    return place;
  }

  /** What a session held that was opened for writing. */
  #loaded(id: string, fence: Fence): Buffer {
    if (fence.kind !== 'file') throw new Problem('LEASE_LOST', 'the turn is kept elsewhere');
    const locked = this.#locked.get(id);
    if (locked === undefined) throw new Problem('LEASE_LOST', 'the session was not opened for writing');
    return locked.bytes;
  }

  #mustGoOn(): void {
    const { aborted, reason } = this.#over.signal;
    if (aborted) throw new Problem('PORT_FAILED', String(reason));
  }
}

async function isThere(path: string): Promise<boolean> {
  const handle = await openIfThere(path, constants.O_RDONLY);
  await handle?.close();
  return handle !== null;
}

/** What is in the file that is locked; null where there is nothing in it, as Perl has just made it or removed it. */
async function readUnder(hold: FileHold, place: SessionPlace): Promise<Buffer | null> {
  const sight = await readWhole(place.path);
  return place.locksItself && sight?.inode !== hold.inode ? null : contentOf(sight);
}

/** A lock or a file that cannot be had keeps nothing from being done by legacy: nothing was changed. */
function unreachable(thrown: unknown): Problem {
  if (thrown instanceof Problem && thrown.code !== 'LOCK_DOWN') return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('DATABASE_DOWN', `the session file cannot be reached: ${reason}`, thrown);
}
