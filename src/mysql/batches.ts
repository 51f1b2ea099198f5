/** A question that has not been answered. */
interface Asked<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Questions that go to a server together. One statement is under way at a time; what is asked meanwhile, and what is
 * asked in one turn of the event loop, goes in the next. So a busy gateway makes few round trips for many turns, and an
 * idle one waits for nobody.
 */
export class Batches<Q, A> {
  readonly #ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly #most: number;
  /** Not asked yet, in order. */
  #waiting: Asked<Q, A>[] = [];
  #underWay: readonly Asked<Q, A>[] = [];
  #isAsking = false;
  #failure: { readonly reason: unknown } | null = null;

  /** `ask` answers so many questions at most, each at its place. Where it rejects, everything has failed. */
  constructor(most: number, ask: (questions: readonly Q[]) => Promise<readonly A[]>) {
    this.#most = most;
    this.#ask = ask;
  }

  /** How many wait for their statement. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Rejects once anything has failed. */
  ask(question: Q): Promise<A> {
    if (this.#failure !== null) return Promise.reject(this.#failure.reason);
    if (!this.#isAsking) {
      this.#isAsking = true;
      setImmediate(() => void this.#askAll());
    }
    return new Promise((resolve, reject) => this.#waiting.push({ question, resolve, reject }));
  }

  /** Nothing is asked any more, and whoever waits is told why: a connection that is ended forgets whom it owes an answer. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const { reject } of [...this.#underWay, ...this.#waiting.splice(0)]) reject(this.#failure.reason);
  }

  async #askAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, this.#most);
      this.#underWay = asked;
      try {
        const answers = await this.#ask(asked.map(({ question }) => question));
        asked.forEach(({ resolve }, place) => resolve(answers[place] as A));
      } catch (thrown) {
        this.fail(thrown);
      }
      this.#underWay = [];
    }
    this.#isAsking = false;
  }
}
