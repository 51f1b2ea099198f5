import type { HeldLock, KeptLock } from '../session/lock.ts';
import { Asker, lockName, type LockParts } from './asker.ts';
import { FairQueue } from './fair-queue.ts';
import { lockDown, LockLine } from './lock-line.ts';
import { nobodyWaits, WaitingFlag } from './waiting-flag.ts';

/** No answer to a question that takes 0.1 ms: the server is gone without a word, or stalled. */
const answerTimeoutMs = 5_000;

/** Pauses between attempts to take lost locks again begin with a millisecond and grow to this. */
const longestPauseMs = 250;

/** What a NamedLock stands on. */
export interface NamedLockParts extends LockParts {
  /** A server that does not answer within it is taken for lost. */
  readonly answerTimeoutMs?: number;
}

interface Live {
  readonly line: LockLine;
  readonly flag: WaitingFlag;
  readonly queue: FairQueue<Asker>;
}

/**
 * MySQL's GET_LOCK as the exclusion between gateways. One connection holds the locks of all sessions (perl.md 4: many
 * names on one connection, MySQL 5.7.5 or MariaDB 10.0.2), so it may only ask `GET_LOCK(name, 0)`: any other timeout
 * would make every session wait for this one. A turn that nobody else wants takes one statement, and one to give it
 * back. Who does not get it waits in the FairQueue, which says what is fair there; places and turns end with the
 * connection. A session may be asked for only once at a time: to the server its two askers would be the same.
 */
export class NamedLock implements KeptLock {
  readonly #parts: NamedLockParts;
  #live: Promise<Live> | null = null;
  #isClosed = false;

  constructor(parts: NamedLockParts) {
    this.#parts = parts;
  }

  async acquire(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<HeldLock | null> {
    const { scope, clock } = this.#parts;
    const startedMs = clock.nowMs();
    const { line, flag, queue } = await this.#connected();
    const name = lockName(scope, sessionId);
    const asker = new Asker(name);
    const had = await line.askIfQuiet(`GET_LOCK('${name}', 0)`);
    if (had !== null) asker.move(had);
    if (!asker.hasTurn) {
      await queue.wait(asker, patienceMs - (clock.nowMs() - startedMs), gone);
      if (asker.here !== null && !asker.hasTurn) await line.free(asker.here);
      flag.lower(asker);
      if (!asker.hasTurn) return null;
    }
    const { lost, release } = this.#keep(line, name);
    const fence = { kind: 'name', lockName: name, connectionId: line.connectionId } as const;
    return { fence, lost, contended: asker.hasWaited, release };
  }

  /** Notes a lock that was just had, and what gives it back. */
  #keep(line: LockLine, name: string): Pick<HeldLock, 'lost' | 'release'> {
    let giveBack = (): Promise<void> => Promise.resolve();
    const { lost, letGo } = line.hold(() => (giveBack = this.#takeAgain(name)));
    return { lost, release: () => (letGo() ? line.free(name) : giveBack()) };
  }

  async ping(): Promise<void> {
    const { line } = await this.#connected();
    await line.ask("'ping' IS NOT NULL");
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const live = await this.#live?.catch(() => null);
    live?.line.end();
  }

  /**
   * Whoever has lost a turn may work on all the same: nobody can stop a script. So its lock is taken again as soon as
   * there is a connection, and only who asks in the milliseconds between gets past it. Gives back what gives it back.
   */
  #takeAgain(name: string): () => Promise<void> {
    let isWanted = true;
    let giveBack = (): Promise<void> => Promise.resolve();
    const take = async (): Promise<void> => {
      for (let pauseMs = 1; isWanted && !this.#isClosed; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
        await this.#pause(pauseMs);
        try {
          const { line } = await this.#connected();
          const had = isWanted ? await line.ask(`GET_LOCK('${name}', 0)`) : 0;
          if (had === 1 && isWanted) giveBack = this.#keep(line, name).release;
          else if (had === 1) await line.free(name);
          return; // or somebody has it by now
        } catch {
          // the server is not back yet
        }
      }
    };
    void take();
    return () => {
      isWanted = false;
      return giveBack();
    };
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(milliseconds, resolve));
  }

  #connected(): Promise<Live> {
    if (this.#isClosed) return Promise.reject(lockDown(new Error('the gateway is closing')));
    this.#live ??= this.#connect().catch((thrown: unknown) => {
      this.#live = null;
      throw lockDown(thrown);
    });
    return this.#live;
  }

  async #connect(): Promise<Live> {
    const { options, scope, clock, random, onLost } = this.#parts;
    const line = await LockLine.open(options, {
      clock,
      answerTimeoutMs: this.#parts.answerTimeoutMs ?? answerTimeoutMs,
      quiet: nobodyWaits(scope),
      onDown: (locks) => {
        this.#live = null;
        if (locks > 0) onLost(locks);
      },
    });
    const flag = new WaitingFlag(line, scope);
    const askFor = (asker: Asker): Promise<number> => {
      if (!asker.asksForTurn) flag.raise(asker);
      return line.ask(questionOf(asker));
    };
    const ask = (askers: readonly Asker[]): Promise<number[]> => Promise.all(askers.map(askFor));
    return { line, flag, queue: new FairQueue<Asker>({ clock, random, ask }) };
  }
}

/**
 * Asks how many places an asker moves up. A lock that is not to be had is not taken, and a place is given up in the
 * statement that takes the next one, after it. Names of locks hold nothing that a string could end with.
 */
function questionOf({ ahead, behind, here }: Asker): string {
  const unless = behind.map((name) => `IF(IS_FREE_LOCK('${name}'), `);
  const from = [here, ...ahead];
  const steps = ahead.map((name, index) => {
    const left = from[index] ?? null;
    return `IF(GET_LOCK('${name}', 0), ${left === null ? 1 : `RELEASE_LOCK('${left}')`} + `;
  });
  return `${unless.join('')}${steps.join('')}0${', 0)'.repeat(unless.length + steps.length)}`;
}
