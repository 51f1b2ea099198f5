import type { SessionData, SessionValue } from '../session/session.ts';

/** One step of a path: into a hash, into an array, or through a reference. */
export type Step = { readonly key: string } | { readonly index: number } | { readonly dereference: true };

/** Perl fills an array up to any index; here the places that one text has filled must not outgrow it by much. */
const mostFilled = 10_000;

/**
 * Without Purity, Data::Dumper writes `$data->{'a'}` where something stands a second time. While Perl evaluates the
 * text `$data` is not set yet: reading from it gives undef, but reading through it makes what is passed on the way
 * (autovivification), and `$data` alone is whatever was made so far. This is that variable.
 */
export class Unset {
  #root: SessionValue = null;
  #filled = 0;

  /** What Perl reads there; undefined where we do not know. Containers go on growing with later readings. */
  read(steps: readonly Step[]): SessionValue | undefined {
    let here: SessionValue = this.#root;
    let put = (made: SessionValue): void => {
      this.#root = made;
    };
    for (const step of steps) {
      if ('dereference' in step || ('index' in step && (step.index < 0 || step.index > mostFilled)))
        return undefined;
      if (here === null) {
        here = 'key' in step ? (Object.create(null) as SessionData) : [];
        put(here);
      }
      if ('key' in step) {
        if (Array.isArray(here) || typeof here !== 'object') return undefined;
        const hash = here as SessionData;
        here = hash[step.key] ?? null;
        put = (made) => {
          hash[step.key] = made;
        };
      } else {
        if (!Array.isArray(here)) return undefined;
        const list: SessionValue[] = here;
        if (step.index > list.length) this.#filled += step.index - list.length;
        if (this.#filled > mostFilled) return undefined;
        here = list[step.index] ?? null;
        put = (made) => {
          while (list.length < step.index) list.push(null);
          list[step.index] = made;
        };
      }
    }
    return here;
  }
}
