import { Problem } from '../errors.ts';

/** A cursor over lines. `at` is where reading goes on; it never stands behind the end of its line. */
export class YamlLines {
  readonly source: string;
  at = 0;
  /** Where the last thing that was read ends. */
  lastEnd = 0;
  /** From where the next line was looked for last, and where it is: all levels that end there look for the same. */
  #sought = { from: -1, indent: -1, at: 0 };

  constructor(source: string) {
    this.source = source;
  }

  fail(reason: string, at = this.at): never {
    const line = this.source.slice(0, at).split('\n').length;
    throw new Problem('SESSION_UNREADABLE', `YAML session, line ${line}, character ${at}: ${reason}`);
  }

  /** Where the line ends that `at` stands in. A carriage return before a line feed belongs to the end. */
  lineEnd(at = this.at): number {
    const feed = this.source.indexOf('\n', at);
    if (feed < 0) return this.source.length;
    return feed > at && this.source[feed - 1] === '\r' ? feed - 1 : feed;
  }

  /** What is left of the line. */
  rest(): string {
    return this.source.slice(this.at, this.lineEnd());
  }

  looksAt(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Steps over blanks of the line. */
  blanks(): void {
    while (this.source[this.at] === ' ') this.at += 1;
  }

  /** Whether nothing but blanks is left of the line. */
  atLineEnd(): boolean {
    this.blanks();
    return this.#endsAt(this.at);
  }

  /** Nothing may be left of the line. */
  endLine(): void {
    this.lastEnd = this.at;
    while (this.source[this.at] === '\t' || this.source[this.at] === ' ') this.at += 1;
    if (!this.atLineEnd()) this.fail('more in this line than was expected');
  }

  /** Goes to the first character of the next line that has one, and says how far it is indented; -1 at the end. */
  nextLine(): number {
    if (this.at !== this.#sought.from) this.#sought = this.#seek(this.at);
    this.at = this.#sought.at;
    return this.#sought.indent;
  }

  #seek(from: number): { from: number; indent: number; at: number } {
    let start = from === 0 ? 0 : this.#afterLine(from);
    while (start < this.source.length) {
      let at = start;
      while (this.source[at] === ' ') at += 1;
      if (!this.#endsAt(at)) return { from, indent: at - start, at };
      start = this.#afterLine(at);
    }
    return { from, indent: -1, at: this.source.length };
  }

  /** As nextLine, without going there. */
  peekLine(): { indent: number; at: number } {
    const before = this.at;
    this.nextLine();
    this.at = before;
    return this.#sought;
  }

  #endsAt(at: number): boolean {
    const character = this.source[at];
    if (character === undefined || character === '\n') return true;
    return character === '\r' && this.source[at + 1] === '\n';
  }

  #afterLine(at: number): number {
    const feed = this.source.indexOf('\n', at);
    return feed < 0 ? this.source.length : feed + 1;
  }
}
