import { type Meaning, type Meanings, nothing } from './meaning.ts';
import type { Site } from './site.ts';
import type { Unit } from './unit.ts';
import { type Assignment, type Variables, variablesOf } from './variables.ts';

/**
 * What has been found out of the variables, members and subs of a site. A variable is kept with the unit or the file that
 * declares it with `my`, and else by its name: a global is the same everywhere.
 */
export class Memory {
  /** Whether anything new was told since this was last set. */
  hasChanged = false;
  readonly #variables: ReadonlyMap<Unit, Variables>;
  readonly #tops: ReadonlyMap<Unit, Unit>;
  readonly #ids: ReadonlyMap<Unit, number>;
  readonly #held = new Map<string, Set<Meaning>>();
  readonly #assigned: ReadonlyMap<string, readonly Assignment[]>;

  constructor({ units, files }: Site) {
    this.#variables = new Map(units.map((unit) => [unit, variablesOf(unit)]));
    this.#ids = new Map(units.map((unit, id) => [unit, id]));
    this.#tops = new Map(files.flatMap((file) => file.units.map((unit) => [unit, file.units[0] as Unit])));
    const assigned = new Map<string, Assignment[]>();
    for (const unit of units) {
      for (const each of this.variablesOf(unit).assignments) {
        for (const name of each.names) {
          const place = this.variable(unit, name);
          const known = assigned.get(place) ?? [];
          known.push(each);
          assigned.set(place, known);
        }
      }
    }
    this.#assigned = assigned;
  }

  variablesOf(unit: Unit): Variables {
    return this.#variables.get(unit) ?? { declared: new Set(), assignments: [], parameters: [] };
  }

  assignmentsTo(unit: Unit, name: string): readonly Assignment[] {
    return this.#assigned.get(this.variable(unit, name)) ?? [];
  }

  /** Where a variable is kept that this unit names. */
  variable(unit: Unit, name: string): string {
    if (this.variablesOf(unit).declared.has(name)) return `${this.#ids.get(unit)} ${name}`;
    const top = this.#tops.get(unit) ?? unit;
    return this.variablesOf(top).declared.has(name) ? `${this.#ids.get(top)} ${name}` : name;
  }

  /** Where it is kept what a sub returns. */
  returned(unit: Unit): string {
    return `${this.#ids.get(unit)} returns`;
  }

  /** Where a member of objects is kept, of whatever class they are. */
  member(name: string): string {
    return `member ${name}`;
  }

  meaning(place: string): Meanings {
    return this.#held.get(place) ?? nothing;
  }

  hold(place: string, meanings: Meanings): void {
    if (meanings.size === 0) return;
    const known = this.#held.get(place) ?? new Set();
    for (const meaning of meanings) {
      if (known.has(meaning)) continue;
      known.add(meaning);
      this.hasChanged = true;
    }
    this.#held.set(place, known);
  }
}
