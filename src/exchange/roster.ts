/**
 * What is under way or waits, in the order in which it came.
 *
 * For things that come and go with requests a Set is a trap. V8 gives a Set a new table after every few dozen of them, and
 * the old table refers to the new one. Once one of these tables is in the old generation, each that follows outlives the
 * minor garbage collections, and with it all that stood in it: a third of all requests (measured: 3 of 13 MB at each of
 * them, a full collection every 300 ms, and a third fewer requests per second). Nothing that has left refers to what came
 * after it here.
 */
export class Roster<T> {
  #first: Place<T> | null = null;
  #last: Place<T> | null = null;
  #size = 0;

  /** How many are there. */
  get size(): number {
    return this.#size;
  }

  /** The one that came first of those that are there. */
  get first(): Place<T> | null {
    return this.#first;
  }

  /** Puts it at the end. Who added it takes it out by its place. */
  add(value: T): Place<T> {
    const place = new Place(value, this.#last, this.#leave);
    if (this.#last === null) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** The places that are taken now. Who leaves or comes meanwhile changes nothing in the list. */
  places(): Place<T>[] {
    const places: Place<T>[] = [];
    for (let place = this.#first; place !== null; place = place.after) places.push(place);
    return places;
  }

  readonly #leave = (place: Place<T>): void => {
    if (place.before === null) this.#first = place.after;
    else place.before.after = place.after;
    if (place.after === null) this.#last = place.before;
    else place.after.before = place.before;
    this.#size--;
  };
}

/** A place on a roster. */
export class Place<T> {
  readonly value: T;
  /** The neighbours, while it is taken; the roster's business alone. */
  before: Place<T> | null;
  after: Place<T> | null = null;
  #leave: ((place: Place<T>) => void) | null;

  constructor(value: T, before: Place<T> | null, leave: (place: Place<T>) => void) {
    this.value = value;
    this.before = before;
    this.#leave = leave;
  }

  /** Gives the place up. Says whether it was still taken. */
  leave(): boolean {
    if (this.#leave === null) return false;
    this.#leave(this);
    this.#leave = this.before = this.after = null;
    return true;
  }
}
