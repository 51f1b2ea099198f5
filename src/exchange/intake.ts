/**
 * The bytes of a body as they come, one character each. What has been read is let go. Places are counted from the
 * first byte of the body.
 */
export class Intake {
  /** How much of a name, a value or a line is kept; the rest is read and forgotten. */
  readonly keptBytes: number;
  #text = '';
  /** Where the text begins. */
  #start = 0;
  #at = 0;
  #isComplete = false;

  constructor(keptBytes: number) {
    this.keptBytes = keptBytes;
  }

  /** Takes the next bytes. */
  push(piece: Buffer): void {
    this.#text = this.#text.slice(this.#at - this.#start) + piece.toString('latin1');
    this.#start = this.#at;
  }

  /** Says that there are no more. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Where reading is. */
  get at(): number {
    return this.#at;
  }

  /** Where what has come ends. */
  get end(): number {
    return this.#start + this.#text.length;
  }

  /** Waits until more than so many bytes are to be read, or all there are: then one knows whether those are the last. */
  *ahead(bytes: number): Generator<null, void> {
    while (this.end - this.#at <= bytes && !this.#isComplete) yield null;
  }

  /** Reads up to a place. */
  take(end: number): string {
    const text = this.#text.slice(this.#at - this.#start, end - this.#start);
    this.#at = end;
    return text;
  }

  /** Reads up to the first of these marks, which are equally long, and over it; or to the end. */
  *takeUpTo(...marks: readonly Mark[]): Generator<null, string> {
    const markBytes = marks[0]?.text.length ?? 0;
    for (let kept = ''; ;) {
      yield* this.ahead(markBytes);
      const found = Math.min(...marks.map((mark) => mark.next(this)));
      // A mark may have begun in the last bytes that have come.
      const end = this.#isComplete ? this.end : this.end - markBytes;
      kept += this.take(Math.min(found, end)).slice(0, this.keptBytes - kept.length);
      if (found <= end) this.take(found + markBytes);
      if (found <= end || (this.#isComplete && this.#at === this.end)) return kept;
    }
  }

  /** The first place of a text at or behind a place; Infinity where it is not in what has come. */
  placeOf(text: string, from: number): number {
    const index = this.#text.indexOf(text, from - this.#start);
    return index === -1 ? Infinity : index + this.#start;
  }

  /** Whether a text stands at a place. */
  has(text: string, place: number): boolean {
    return this.#text.startsWith(text, place - this.#start);
  }
}

/** A text that is looked for in an intake. However often one asks, every byte is looked at once. */
export class Mark {
  readonly text: string;
  /** What is before this place has been looked at. */
  #from = 0;
  #found = -1;

  constructor(text: string) {
    this.text = text;
  }

  /** Its first place at or behind where reading is; Infinity where it is not in what has come. */
  next(intake: Intake): number {
    if (this.#found < intake.at) {
      const found = intake.placeOf(this.text, Math.max(this.#from, intake.at));
      this.#from = Math.min(found, intake.end - this.text.length + 1);
      this.#found = found === Infinity ? -1 : found;
    }
    return this.#found === -1 ? Infinity : this.#found;
  }
}
