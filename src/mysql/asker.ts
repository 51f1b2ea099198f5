import { hash } from 'node:crypto';
import type { ConnectionOptions } from 'mysql2/promise';
import type { Clock } from '../exchange/clock.ts';

/**
 * The name of the lock of a session, the same for every gateway on the same table. 44 characters, lower case:
 * MySQL allows 64 and ignores case, MariaDB minds it (perl.md 0.7). The prefix keeps it apart from the names that
 * Perl uses: `Apache-Session-<id>`, and the bare session id of CGI::Session 3.x (perl.md 0.6).
 */
export function lockName(scope: string, sessionId: string): string {
  return `bny:${hash('sha256', `${scope}\0${sessionId}`, 'hex').slice(0, 40)}`;
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

/** Places to wait at, besides the turn itself. */
const places = 7;

/**
 * A gateway that asks for the turn in one session. The turn is place 0, and behind it are the places to wait at, 1 to
 * 7, each a lock of its own. Where nobody stands at any of them the turn may be taken at once. Everybody else comes in
 * at the last place and closes up from there, taking the next one before the last is given up: so nobody is ever seen
 * to stand nowhere, and nobody gets ahead of anybody.
 */
export class Asker {
  /** The name of the turn. */
  readonly turn: string;
  #at: number | null = null;
  #refusals = 0;

  constructor(turn: string) {
    this.turn = turn;
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

  /** Whether it asks for the turn, and not yet for a place. */
  get asksForTurn(): boolean {
    return this.#refusals === 0;
  }

  /** The lock that it stands at; null where it stands nowhere. */
  get here(): string | null {
    return this.#at === null ? null : this.#nameOf(this.#at);
  }

  /** The locks that it asks for, one after the other. */
  get ahead(): readonly string[] {
    return this.asksForTurn ? [this.turn] : this.#namesBefore(this.#start);
  }

  /** None of these may be held when it takes the first. From the back to the front, as those who stand there move. */
  get behind(): readonly string[] {
    return this.asksForTurn ? this.#namesBefore(places + 1).slice(0, -1) : [];
  }

  /** It got so many of the locks ahead, and stands at the last of them. */
  move(steps: number): void {
    if (steps === 0) this.#refusals++;
    else this.#at = this.asksForTurn ? 0 : this.#start - steps;
  }

  get #start(): number {
    return this.#at ?? places + 1;
  }

  #nameOf(place: number): string {
    return place === 0 ? this.turn : `${this.turn}:${place}`;
  }

  /** From the place before this one to the turn. */
  #namesBefore(place: number): string[] {
    return Array.from({ length: place }, (_, steps) => this.#nameOf(place - 1 - steps));
  }
}
