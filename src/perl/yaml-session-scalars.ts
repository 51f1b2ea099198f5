import type { YamlLines } from './yaml-session-lines.ts';
import { foldLines, readEscape, trimBlanks, trimWideBlanks, withoutTrailing } from './yaml-session-text.ts';
import type { YamlEncoding, YamlFlavour } from './yaml-session-text.ts';

const carriageReturn = 'a carriage return in a text of more than one line';

/** What YAML.pm does with these is its own affair. */
const wideBlankAtMark = /^[-?:][\s\x85]|[\s\x85]#/;

const wideBlankAtStart = /^ *(?:(?![ \t\n])\s|\x85)/m;

/** Reads text in all its spellings, from where a cursor stands. */
export class YamlScalars {
  readonly #lines: YamlLines;
  readonly #flavour: YamlFlavour;
  /** To YAML.pm more than blanks are blanks, but only in text that Perl knows as characters. */
  readonly #hasWideBlanks: boolean;

  constructor(lines: YamlLines, flavour: YamlFlavour, encoding: YamlEncoding) {
    this.#lines = lines;
    this.#flavour = flavour;
    this.#hasWideBlanks = flavour === 'yaml-pm' && encoding === 'utf8';
  }

  /** `|`, `|-`, `|+`, with the indentation if it must be told. */
  block(indent: number): string {
    const lines = this.#lines;
    const header = /^\|(?:([-+])?([1-9])?|([1-9])([-+]))$/.exec(trimBlanks(lines.rest()));
    if (header === null) return lines.fail('a block of text was expected');
    const chomp = header[1] ?? header[4] ?? '';
    const told = header[2] ?? header[3];
    const { source } = lines;
    const next = lines.peekLine().indent;
    const width = told === undefined ? Math.max(next, indent + 1) : indent + Number(told);
    const texts: string[] = [];
    let at = this.#plainLineEnd(lines.at);
    lines.lastEnd = at;
    while (at < source.length) {
      const lineEnd = this.#plainLineEnd(at + 1);
      const line = source.slice(at + 1, lineEnd);
      const isBlank = /^ *$/.test(line);
      if ((!isBlank && !line.startsWith(' '.repeat(width))) || at + 1 >= source.length) break;
      texts.push(line.slice(width));
      if (!isBlank) lines.lastEnd = lineEnd;
      lines.at = at + 1;
      at = lineEnd;
    }
    if (chomp === '+') lines.lastEnd = Math.min(at, source.length);
    const whole = texts.map((line) => `${line}\n`).join('');
    if (this.#hasWideBlanks && wideBlankAtStart.test(whole))
      lines.fail('a blank that is taken for indentation');
    const indented = new RegExp(`([\\u2028\\u2029]) {0,${width}}`, 'g');
    const text = this.#flavour === 'yaml-xs' ? whole.replaceAll(indented, '$1') : whole;
    if (chomp === '+') return text;
    const chomped = withoutTrailing('\n', text);
    return chomp === '-' || chomped === '' ? chomped : `${chomped}\n`;
  }

  /** None of the modules writes carriage returns into texts of more than one line; they differ in reading them. */
  #plainLineEnd(at: number): number {
    const end = this.#lines.lineEnd(at);
    return this.#lines.source[end] === '\r' ? this.#lines.fail(carriageReturn, end) : end;
  }

  singleQuoted(): string {
    const lines = this.#lines;
    const start = lines.at + 1;
    let end = start;
    for (;;) {
      end = lines.source.indexOf("'", end);
      if (end < 0) return lines.fail('a text has no end');
      if (lines.source[end + 1] !== "'") break;
      end += 2;
    }
    lines.at = end + 1;
    return this.#folded(lines.source.slice(start, end)).replaceAll("''", "'");
  }

  doubleQuoted(): string | null {
    const lines = this.#lines;
    const { source } = lines;
    const opening = lines.at;
    const pieces: string[] = [];
    let at = opening + 1;
    let isText = true;
    for (;;) {
      const start = at;
      while (at < source.length && source[at] !== '"' && source[at] !== '\\') at += 1;
      pieces.push(this.#folded(source.slice(start, at)));
      if (at >= source.length) return lines.fail('a text has no end', opening);
      if (source[at] === '"') break;
      if (source[at + 1] === '\n' && this.#flavour !== 'yaml-pm') {
        at += 2;
        while (source[at] === ' ') at += 1;
        continue;
      }
      const escape = readEscape(source, at + 1, this.#flavour);
      if (escape === null) isText = false;
      pieces.push(escape?.[0] ?? '');
      at += 1 + (escape?.[1] ?? 1);
    }
    lines.at = at + 1;
    return isText ? pieces.join('') : lines.fail('an escape that none of these modules writes', opening);
  }

  #folded(text: string): string {
    if (!(this.#flavour === 'yaml-xs' ? /[\n\u2028\u2029]/ : /\n/).test(text)) return text;
    if (this.#flavour === 'yaml-pm') this.#lines.fail('a text over more than one line');
    if (text.includes('\r')) this.#lines.fail(carriageReturn);
    return foldLines(text);
  }

  plainLines(indent: number): string | null | undefined {
    const lines = this.#lines;
    const start = lines.at;
    const first = trimBlanks(lines.rest());
    if (this.plain(first) === undefined && !/^(?:true|false)$/.test(first)) lines.fail('not a text', start);
    lines.at += first.length;
    lines.endLine();
    let isLong = false;
    for (let next = lines.peekLine(); next.indent > indent; next = lines.peekLine()) {
      lines.nextLine();
      const more = trimBlanks(lines.rest());
      if (/[\x85\u2028\u2029]|(?:^|[ \t])#|:(?:[ \t]|$)/.test(more)) lines.fail('not a text');
      lines.at += more.length;
      lines.endLine();
      isLong = true;
    }
    return isLong ? this.#folded(lines.source.slice(start, lines.lastEnd)) : this.plain(first);
  }

  /** What Perl reads from plain text in one line: undefined if that is no text to us. */
  plain(text: string): string | null | undefined {
    if (this.#flavour === 'yaml-xs' && /[\x85\u2028\u2029]/.test(text)) return undefined;
    if (text === '~' || (text === 'null' && this.#flavour === 'yaml-xs')) return null;
    if ((text === 'true' || text === 'false') && this.#flavour === 'yaml-xs') return undefined;
    if (/^\w[\w.-]*(?: [\w.-]+)*$/.test(text)) return text; // nearly all there is
    if (this.#hasWideBlanks) {
      const inner = trimWideBlanks(text);
      if (inner !== text) return inner === '' ? '' : this.plain(inner);
      if (wideBlankAtMark.test(text)) return undefined;
    }
    const isText =
      !/^[[\]{}&*!|>%@`"'#]|^[-?:](?:[ \t]|$)|[ \t]#|:(?:[ \t]|$)|(?![\t\n\r\x7f-\x9f])\p{Cc}|^[ \t]/u.test(
        text,
      );
    return isText ? text : undefined;
  }
}
