import { heredocAt } from './heredoc.ts';
import { lineFinder } from './lines.ts';
import { literalOf, textOf } from './literal.ts';
import { type Quote, quoteAt, quoteFrom } from './quote.ts';
import { shapes } from './shapes.ts';
import { expectsTerm } from './term.ts';
import { isSign, isWord, type Piece, type Token, type TokenKind } from './token.ts';

/** What a text of Perl is made of. */
export interface Scan {
  readonly tokens: readonly Token[];
  /** The line of the first literal that nothing closes: from there on the rest may be misread. Null where there is none. */
  readonly lostAt: number | null;
}

/**
 * Takes a text of Perl apart, without running any of it: comments, POD, formats and what follows `__END__` are left out,
 * and literals are read, code in them included. Only Perl can parse Perl; this reads what people write, and goes on after
 * what it does not understand. One character a byte.
 */
export function scanPerl(source: string): Scan {
  const lineOf = lineFinder(source);
  const scanner = new Scanner(source, 0, source.length, lineOf, 0);
  const tokens = scanner.scan();
  return { tokens, lostAt: scanner.lostAt === null ? null : lineOf(scanner.lostAt) };
}

/** Code in a string in code in a string: nobody goes deeper. */
const deepest = 4;

class Scanner {
  lostAt: number | null = null;
  readonly #source: string;
  readonly #to: number;
  readonly #lineOf: (at: number) => number;
  readonly #depth: number;
  readonly #tokens: Token[] = [];
  /** Of each open brace, whether it is a subscript or follows a cast. */
  readonly #braces: boolean[] = [];
  #hasClosedSubscript = false;
  #at: number;
  /** Texts of here-documents that begin with the next line: stepped over when it is reached. */
  #skip: { from: number; to: number } | null = null;

  constructor(source: string, from: number, to: number, lineOf: (at: number) => number, depth: number) {
    this.#source = source;
    this.#at = from;
    this.#to = to;
    this.#lineOf = lineOf;
    this.#depth = depth;
  }

  scan(): Token[] {
    if (this.#at === 0) this.#lineBegins();
    for (this.#blanks(); this.#at < this.#to; this.#blanks()) this.#next();
    return this.#tokens;
  }

  #match(shape: RegExp): RegExpExecArray | null {
    shape.lastIndex = this.#at;
    const found = shape.exec(this.#source);
    return found === null || shape.lastIndex > this.#to ? null : found;
  }

  #blanks(): void {
    for (; this.#at < this.#to;) {
      const character = this.#source.charAt(this.#at);
      if (character === '\n') {
        this.#at++;
        this.#lineBegins();
      } else if (/\s/.test(character)) this.#at++;
      else if (character === '#') this.#at = this.#lineEnd(this.#at);
      else return;
    }
  }

  #lineEnd(from: number): number {
    const end = this.#source.indexOf('\n', from);
    return end === -1 ? this.#to : Math.min(end, this.#to);
  }

  /** Steps over here-documents that were announced in the line before, POD and formats. */
  #lineBegins(): void {
    if (this.#skip !== null && this.#at >= this.#skip.from) {
      this.#at = Math.max(this.#at, this.#skip.to);
      this.#skip = null;
    }
    if (this.#depth > 0) return;
    if (this.#match(shapes.pod) !== null) this.#stepOver(/^=cut\b.*$/gm);
    else if (this.#match(shapes.format) !== null) this.#stepOver(/^\.\r?$/gm);
  }

  #stepOver(last: RegExp): void {
    last.lastIndex = this.#at;
    const found = last.exec(this.#source);
    this.#at = found === null ? this.#to : Math.min(this.#to, found.index + found[0].length);
  }

  #push(kind: TokenKind, text: string, end: number, pieces: readonly Piece[] = []): void {
    const from = this.#at;
    this.#tokens.push({ kind, text, line: this.#lineOf(from), from, to: end, pieces });
    this.#at = end;
  }

  #expectsTerm(): boolean {
    const [last, beforeLast] = [this.#tokens.at(-1), this.#tokens.at(-2)];
    return expectsTerm(
      { last, beforeLast, hasClosedSubscript: this.#hasClosedSubscript },
      this.#source,
      this.#at,
    );
  }

  #next(): void {
    const character = this.#source.charAt(this.#at);
    if (/[A-Za-z_]/.test(character)) return this.#word();
    if (character === '$' || character === '@') return this.#variable();
    if (character === '"' || character === "'" || character === '`')
      return this.#literal(quoteFrom(this.#source, character, this.#at, this.#to));
    if (character === '{' || character === '}') return this.#brace(character);
    if (character === '<' && this.#heredoc()) return;
    if (/[%&*/<.\d-]/.test(character) && this.#expectsTerm() && this.#term(character)) return;
    if (/\d/.test(character)) return this.#push('number', character, this.#at + 1);
    if (character === '(' && this.#prototype()) return;
    const [sign = character] = this.#match(shapes.operator) ?? [];
    this.#push('operator', sign, this.#at + sign.length);
  }

  /** What these signs begin where an expression is expected; false where it is none of that. */
  #term(character: string): boolean {
    if (/[.\d]/.test(character)) {
      const [digits] = this.#match(shapes.number) ?? [];
      if (digits === undefined) return false;
      this.#push('number', digits, this.#at + digits.length);
      return true;
    }
    if (character === '/') return this.#orLost(quoteFrom(this.#source, 'm', this.#at, this.#to));
    if (character === '<') {
      const [whole] = this.#match(shapes.input) ?? [];
      if (whole !== undefined) this.#push('input', whole, this.#at + whole.length);
      return whole !== undefined;
    }
    if (character === '-') {
      const [test] = this.#match(shapes.fileTest) ?? [];
      if (test !== undefined) this.#push('word', test, this.#at + 2);
      else return this.#dashed();
      return true;
    }
    if (this.#match(shapes.sigil) === null) return false;
    this.#variable();
    return true;
  }

  /** `-name =>` */
  #dashed(): boolean {
    const [dashed] = this.#match(shapes.dashed) ?? [];
    if (dashed !== undefined) this.#push('string', dashed, this.#at + dashed.length, [dashed]);
    return dashed !== undefined;
  }

  #variable(): void {
    const [source, at] = [this.#source, this.#at];
    const sigil =
      source.startsWith('$#', at) && /[{$\w]/.test(source.charAt(at + 2)) ? '$#' : source.charAt(at);
    this.#at = at + sigil.length;
    const found = this.#match(shapes.name)?.[0];
    const braced = this.#match(shapes.nameInBraces);
    const next = source.charAt(this.#at);
    this.#at = at;
    if (found !== undefined) return this.#push('variable', sigil + found, at + sigil.length + found.length);
    if (braced !== null)
      return this.#push('variable', sigil + (braced[1] as string), at + sigil.length + braced[0].length);
    const isCast = next === '{' || (next === '$' && /[\w{$:]/.test(source.charAt(at + sigil.length + 1)));
    if (isCast) return this.#push('cast', sigil, at + sigil.length);
    const isSpecial = sigil === '$' ? /[^\s\w{]/.test(next) : /[-+_]/.test(next);
    if (isSpecial && at + 1 < this.#to) return this.#push('variable', sigil + next, at + 2);
    this.#push('operator', sigil, at + sigil.length);
  }

  #brace(brace: string): void {
    if (brace === '}') {
      this.#hasClosedSubscript = this.#braces.pop() ?? false;
      return this.#push('operator', '}', this.#at + 1);
    }
    const last = this.#tokens.at(-1);
    const follows = last?.kind === 'operator' && /^(?:->|\]|\})$/.test(last.text);
    const isSubscript =
      last?.kind === 'variable' ||
      last?.kind === 'cast' ||
      (follows && (last.text !== '}' || this.#hasClosedSubscript));
    this.#braces.push(isSubscript);
    this.#push('operator', '{', this.#at + 1);
    const bare = isSubscript && last?.kind !== 'cast' ? this.#match(shapes.bareKey) : null;
    if (bare === null) return;
    const [, blanks = '', key = ''] = bare;
    this.#at += blanks.length;
    this.#push('string', key, this.#at + key.length, [key]);
  }

  #word(): void {
    const text = this.#match(shapes.word)?.[0] ?? this.#source.charAt(this.#at);
    const end = this.#at + text.length;
    const last = this.#tokens.at(-1);
    const isName = last?.kind === 'operator' && last.text === '->';
    if (!isName && (text === '__END__' || text === '__DATA__') && this.#depth === 0) {
      this.#at = this.#to;
      return;
    }
    this.#at = end;
    const isKey = !isName && this.#match(/\s*=>/y) !== null;
    this.#at = end - text.length;
    if (isKey) return this.#push('string', text, end, [text]);
    const isBound =
      isSign(last, '=~', '!~', ';') || isWord(last, 'if', 'unless', 'and', 'or', 'split', 'grep');
    const isDeclared = last?.kind === 'word' && last.text === 'sub';
    const quote = isName || isDeclared ? null : quoteAt(this.#source, text, end, this.#to, isBound);
    if (quote === null) this.#push('word', text, end);
    else this.#literal(quote);
  }

  #orLost(quote: Quote | null): boolean {
    this.#literal(quote);
    return true;
  }

  /** A literal; where nothing closes it, its first sign is taken for an operator, and the rest is read as code. */
  #literal(quote: Quote | null): void {
    if (quote === null) {
      this.lostAt ??= this.#at;
      return this.#push('operator', this.#source.charAt(this.#at), this.#at + 1);
    }
    const { kind, text, pieces } = literalOf(this.#source, quote, this.#readInside);
    this.#push(kind, text, quote.end, pieces);
  }

  readonly #readInside = (from: number, to: number): readonly Token[] => {
    if (this.#depth >= deepest) return [];
    return new Scanner(this.#source, from, to, this.#lineOf, this.#depth + 1).scan();
  };

  #heredoc(): boolean {
    const bodyFrom = this.#skip?.to ?? this.#lineEnd(this.#at) + 1;
    const found = heredocAt(this.#source, this.#at, bodyFrom, this.#to);
    if (found === null) return false;
    this.#skip = { from: this.#skip?.from ?? bodyFrom, to: found.end };
    const { bodyFrom: from, bodyTo: to, quote } = found;
    const { kind, text, pieces } = textOf(this.#source, { from, to }, quote, this.#readInside);
    this.#push(kind, text, found.markEnd, pieces);
    return true;
  }

  /** `sub name ($$;@)`: no code. */
  #prototype(): boolean {
    const [last, beforeLast] = [this.#tokens.at(-1), this.#tokens.at(-2)];
    const isSub = [last, beforeLast].some((token) => token?.kind === 'word' && token.text === 'sub');
    const found = isSub ? this.#match(shapes.prototype) : null;
    if (found !== null) this.#at += found[0].length;
    return found !== null;
  }
}
