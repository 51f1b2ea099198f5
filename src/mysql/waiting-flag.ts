import { hash } from 'node:crypto';
import type { Asker } from './asker.ts';
import type { LockLine } from './lock-line.ts';

/** So many gateways can have a flag up; while they do, it does not matter who else waits. */
const flags = 8;

/** The flags of the gateways on one table: locks, one of which is held by each gateway in which somebody waits. */
export function flagNames(scope: string): string[] {
  const table = hash('sha256', scope, 'hex').slice(0, 40);
  return Array.from({ length: flags }, (_, at) => `bny:waits:${table}:${at}`);
}

/** A condition of SQL's: nobody waits at any gateway for the turn in any session. */
export function nobodyWaits(scope: string): string {
  return flagNames(scope)
    .map((name) => `IS_FREE_LOCK('${name}')`)
    .join(' AND ');
}

/**
 * Says to all gateways that somebody waits at this one, so that where nobody does, nobody has to look at the places
 * behind each turn: 8 locks are looked at in a statement for many turns, and not 7 for each.
 */
export class WaitingFlag {
  readonly #line: LockLine;
  readonly #names: readonly string[];
  readonly #waiting = new Set<Asker>();
  /** Which one is up; null where every one was others'. */
  #up: Promise<string | null> | null = null;

  constructor(line: LockLine, scope: string) {
    this.#line = line;
    this.#names = flagNames(scope);
  }

  /** To be called before an asker asks for a place: what is asked first is worked out first. */
  raise(asker: Asker): void {
    this.#waiting.add(asker);
    this.#up ??= this.#take();
  }

  /** The asker waits no more, and stands nowhere. */
  lower(asker: Asker): void {
    if (!this.#waiting.delete(asker) || this.#waiting.size > 0) return;
    const up = this.#up;
    this.#up = null;
    void up?.then((name) => (name === null ? undefined : this.#line.free(name)));
  }

  /** Takes the first that is to be had. Never rejects: a connection that is lost holds nobody's place either. */
  async #take(): Promise<string | null> {
    const tries = this.#names.map((name, at) => `IF(GET_LOCK('${name}', 0), ${at + 1}, `);
    const had = await this.#line.ask(`${tries.join('')}0${')'.repeat(tries.length)}`).catch(() => 0);
    if (had === 0) this.#up = null; // the next question tries again
    return this.#names[had - 1] ?? null;
  }
}
