/**
 * What a word of Perl is. `cast` is a sigil before a block or another variable (`@{`, `$$x`), `input` is `<FH>`,
 * `words` is `qw`, `pattern` whatever is made of a regular expression, `tr` included.
 */
export type TokenKind =
  'word' | 'variable' | 'cast' | 'number' | 'string' | 'words' | 'pattern' | 'shell' | 'input' | 'operator';

/** A part of a literal: text with its escapes read, or the code that stands in it, as `$n` in `"qty_$n"`. */
export type Piece = string | readonly Token[];

/** A word, a sign or a literal of a Perl text. */
export interface Token {
  readonly kind: TokenKind;
  /** As it is written; of a string and a list of words what they hold, of a pattern what it matches. */
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** Where it stands in the text. */
  readonly from: number;
  readonly to: number;
  /** Of a literal; of a list of words one for each. Empty for all else. */
  readonly pieces: readonly Piece[];
}

/** Whether a token is this sign. */
export function isSign(token: Token | undefined, ...signs: readonly string[]): boolean {
  return token?.kind === 'operator' && signs.includes(token.text);
}

/** Whether a token is one of these words. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text);
}

/** What a string holds where no variable stands in it, else null. */
export function plainText(token: Token | undefined): string | null {
  if (token?.kind === 'number') return token.text;
  if (token?.kind !== 'string' || token.pieces.some((piece) => typeof piece !== 'string')) return null;
  return token.text;
}

/** The same of a range that holds nothing else. */
export function onlyPlain(
  tokens: readonly Token[],
  { from, to }: { from: number; to: number },
): string | null {
  return to - from === 1 ? plainText(tokens[from]) : null;
}
