import { randomBytes } from 'node:crypto';
import type { HeldLock, KeptLock } from '../session/lock.ts';
import { Asker, lockName, type LockParts } from './asker.ts';
import { FairQueue } from './fair-queue.ts';
import { GatewayLease } from './gateway-lease.ts';
import { lockDown } from './lock-line.ts';
import { LockRows } from './lock-rows.ts';

const leaseMs = 10_000;
const answerTimeoutMs = 5_000;

/** An asker is one row, wherever it stands. */
class RowAsker extends Asker {
  readonly lease: GatewayLease;
  readonly token: number;

  constructor(turn: string, lease: GatewayLease) {
    super(turn);
    this.lease = lease;
    this.token = lease.nextToken();
  }
}

/**
 * Rows of a table as the exclusion between gateways, for Galera: there GET_LOCK is refused, or excludes nobody on
 * another node (perl.md 4.2). A name is a row's primary key, so two who take one place meet in the database, or in
 * Galera's certification. Statements are single and committed at once: one to take a turn that nobody else wants, one
 * to give it back. Who waits looks at its place, with all others in one statement, and writes only when it is free.
 *
 * The FairQueue says what is fair. Between the nodes of a cluster it holds as far as they know of each other: a place
 * taken on one node is seen on another as soon as it is replicated. Exclusion does not depend on that.
 *
 * A gateway that is gone holds up its sessions for a lease and a third, 13.4 s. What a port then still writes for it
 * is refused by its fence; what a legacy script writes is not.
 */
export class LockTable implements KeptLock {
  readonly #parts: LockParts;
  readonly #rows: LockRows;
  readonly #queue: FairQueue<RowAsker>;
  #lease: Promise<GatewayLease> | null = null;
  /** The owner of a lease that was lost, until its rows are removed. */
  #lostOwner: string | null = null;
  #isClosed = false;

  constructor(parts: LockParts) {
    this.#parts = parts;
    this.#rows = new LockRows(parts.options, answerTimeoutMs);
    const { clock, random } = parts;
    this.#queue = new FairQueue({ clock, random, ask: (askers) => this.#ask(askers) });
  }

  async acquire(sessionId: string, patienceMs: number, gone: AbortSignal): Promise<HeldLock | null> {
    const { scope, clock } = this.#parts;
    const startedMs = clock.nowMs();
    const lease = await this.#registered();
    const name = lockName(scope, sessionId);
    const asker = new RowAsker(name, lease);
    try {
      await this.#queue.wait(asker, patienceMs - (clock.nowMs() - startedMs), gone);
      if (lease.isOver) throw lockDown(new Error('the lease was lost while the turn was waited for'));
    } catch (thrown) {
      void lease.giveBack(asker.token); // it may stand anywhere: of the last question there was no answer
      throw thrown;
    }
    if (!asker.hasTurn) {
      if (asker.here === null) lease.forget(asker.token);
      else await lease.giveBack(asker.token);
      return null;
    }
    const { lost, letGo } = lease.hold();
    return {
      fence: { kind: 'row', lockName: name, owner: lease.owner, token: asker.token },
      lost,
      contended: asker.hasWaited,
      release: async () => {
        if (letGo()) await lease.giveBack(asker.token);
      },
    };
  }

  ping(): Promise<void> {
    return this.#isClosed ? Promise.reject(closing()) : this.#rows.ping();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const lease = await this.#lease?.catch(() => null);
    lease?.end();
    if (lease) await this.#rows.leave(lease.owner).catch(() => undefined); // else the others do, in time
    await this.#rows.close();
  }

  #registered(): Promise<GatewayLease> {
    if (this.#isClosed) return Promise.reject(closing());
    this.#lease ??= this.#register().catch((thrown: unknown) => {
      this.#lease = null;
      throw thrown;
    });
    return this.#lease;
  }

  async #register(): Promise<GatewayLease> {
    if (this.#lostOwner !== null) await this.#rows.leave(this.#lostOwner);
    this.#lostOwner = null;
    const owner = randomBytes(16).toString('hex');
    const onOver = (locks: number): void => {
      this.#lease = null;
      this.#lostOwner = owner;
      if (locks > 0) this.#parts.onLost(locks);
    };
    return GatewayLease.register(this.#rows, { owner, clock: this.#parts.clock, leaseMs, onOver });
  }

  async #ask(askers: readonly RowAsker[]): Promise<number[]> {
    const names = askers.flatMap(({ ahead, behind }) => (behind.length > 0 ? [] : ahead));
    const taken = names.length === 0 ? new Set<string>() : await this.#rows.taken(names);
    return Promise.all(
      askers.map(async ({ lease, token, here, ahead, behind }) => {
        const firstTaken = ahead.findIndex((name) => taken.has(name));
        const steps = firstTaken === -1 ? ahead.length : firstTaken;
        const best = ahead[steps - 1];
        if (best === undefined) return 0;
        const isHad =
          here === null
            ? this.#rows.take(lease.owner, token, best, [...behind, ...ahead.slice(0, steps)])
            : this.#rows.move(lease.owner, token, best);
        return (await isHad) ? steps : 0;
      }),
    );
  }
}

function closing(): Error {
  return lockDown(new Error('the gateway is closing'));
}
