const redrawMs = 100;
const repeatMs = 10_000;

/** Where progress is told, and by which clock. */
export interface ProgressParts {
  readonly isTerminal: boolean;
  readonly nowMs: () => number;
  /** Text as it is, with what moves the cursor. */
  readonly write: (text: string) => void;
}

/** How far something long has come: on a terminal one line that is drawn again, elsewhere a line every ten seconds. */
export class Progress {
  readonly #parts: ProgressParts;
  #lastMs: number;
  #isDrawn = false;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
    this.#lastMs = parts.nowMs();
  }

  /** May be called as often as one likes; the words are made only when they are shown. */
  at(words: () => string): void {
    const { isTerminal, nowMs, write } = this.#parts;
    const now = nowMs();
    if (now - this.#lastMs < (isTerminal ? redrawMs : repeatMs)) return;
    this.#lastMs = now;
    this.#isDrawn = isTerminal;
    write(isTerminal ? `\r\x1b[K${words()}` : `${words()}\n`);
  }

  /** Takes the line away again. */
  end(): void {
    if (this.#isDrawn) this.#parts.write('\r\x1b[K');
    this.#isDrawn = false;
  }
}
