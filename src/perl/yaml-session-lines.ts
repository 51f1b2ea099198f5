import { Problem } from '../errors.ts';

/** A cursor over lines. `at` is where reading goes on; it never stands behind the end of its line. */
export class YamlLines {
  readonly source: string;
  at = 0;
  /** Where the last thing that was read ends. */
  lastEnd = 0;

  constructor(source: string) {
    this.source = source;
  }

  fail(reason: string, at = this.at): never {
    const line = this.source.slice(0, at).split('\n').length;
    throw new Problem('SESSION_UNREADABLE', `YAML session, line ${line}, character ${at}: ${reason}`);
  }

  /** Where the line ends that `at` stands in. */
  lineEnd(at = this.at): number {
    const end = this.source.indexOf('\n', at);
    return end < 0 ? this.source.length : end;
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
    return this.at >= this.source.length || this.source[this.at] === '\n';
  }

  /** Nothing may be left of the line. */
  endLine(): void {
    this.lastEnd = this.at;
    while (this.source[this.at] === '\t' || this.source[this.at] === '\r' || this.source[this.at] === ' ')
      this.at += 1;
    if (!this.atLineEnd()) this.fail('more in this line than was expected');
  }

  /** Goes to the first character of the next line that has one, and says how far it is indented; -1 at the end. */
  nextLine(): number {
    let start = this.at === 0 ? 0 : this.#afterLine(this.at);
    while (start < this.source.length) {
      let at = start;
      while (this.source[at] === ' ') at += 1;
      if (at < this.source.length && this.source[at] !== '\n') {
        this.at = at;
        return at - start;
      }
      start = at + 1;
    }
    this.at = this.source.length;
    return -1;
  }

  /** As nextLine, without going there. */
  peekLine(): { indent: number; at: number } {
    const before = this.at;
    const indent = this.nextLine();
    const found = { indent, at: this.at };
    this.at = before;
    return found;
  }

  #afterLine(at: number): number {
    const end = this.lineEnd(at);
    return Math.min(end + 1, this.source.length);
  }
}
