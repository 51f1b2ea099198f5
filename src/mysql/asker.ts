import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';

/**
 * The name of the lock of a session, the same for every gateway on the same table. 44 characters, lower case:
 * MySQL allows 64 and ignores case, MariaDB minds it (perl.md 0.7). The prefix keeps it apart from the names that
 * Perl uses: `Apache-Session-<id>`, and the bare session id of CGI::Session 3.x (perl.md 0.6).
 */
export function lockName(scope: string, sessionId: string): string {
  return `bny:${createHash('sha256').update(`${scope}\0${sessionId}`).digest('hex').slice(0, 40)}`;
}

/** What a lock between gateways stands on. */
export interface LockParts {
  readonly options: ConnectionOptions;
  /** Names the session table. */
  readonly scope: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Is told how many locks were lost at once. */
  readonly onLost: (locks: number) => void;
}

/** Places to wait at, besides the turn itself. Each costs an uncontended turn 3 us at the server, measured. */
const places = 7;

/**
 * A gateway that asks for the turn in one session. The turn is place 0, and behind it are the places to wait at, 1 to
 * 7, each a lock of its own. Where nobody stands at any of them the turn may be taken at once. Everybody else comes in
 * at the last place and closes up from there, taking the next one before the last is given up: so nobody is ever seen
 * to stand nowhere, and nobody gets ahead of anybody.
 */
export class Asker {
  /** The turn, and the places behind it. */
  readonly #names: readonly string[];
  #at: number | null = null;
  #refusals = 0;

  constructor(turn: string) {
    this.#names = [turn, ...Array.from({ length: places }, (_, place) => `${turn}:${place + 1}`)];
  }

  get hasTurn(): boolean {
    return this.#at === 0;
  }

  /** Whether it had to wait for others, or would have had to. */
  get hasWaited(): boolean {
    return this.#refusals > 0;
  }

  /** Whether it has yet to try for a place. */
  get isNew(): boolean {
    return this.#at === null && this.#refusals < 2;
  }

  /** The lock that it stands at; null where it stands nowhere. */
  get here(): string | null {
    return this.#at === null ? null : (this.#names[this.#at] ?? null);
  }

  /** The locks that it asks for, one after the other. */
  get ahead(): readonly string[] {
    return this.#asksForTurn ? this.#names.slice(0, 1) : this.#names.slice(0, this.#start).reverse();
  }

  /** None of these may be held when it takes the first. From the back to the front, as those who stand there move. */
  get behind(): readonly string[] {
    return this.#asksForTurn ? this.#names.slice(1).reverse() : [];
  }

  /** It got so many of the locks ahead, and stands at the last of them. */
  move(steps: number): void {
    if (steps === 0) this.#refusals++;
    else this.#at = this.#asksForTurn ? 0 : this.#start - steps;
  }

  get #asksForTurn(): boolean {
    return this.#refusals === 0;
  }

  get #start(): number {
    return this.#at ?? this.#names.length;
  }
}
