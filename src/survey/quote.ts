import { closedAt, closerOf, pastBlanks } from './delimited.ts';

/** A literal that is written with an operator, such as `qq{…}` or `s/…/…/`. */
export interface Quote {
  readonly operator: string;
  readonly delimiter: string;
  /** What it holds, and of `s`, `tr` and `y` what it is replaced by. */
  readonly parts: readonly { readonly from: number; readonly to: number }[];
  readonly flags: string;
  readonly end: number;
}

/** The words that begin one, and of how many parts it is. */
const partsOf: Readonly<Record<string, number>> = {
  q: 1,
  qq: 1,
  qw: 1,
  qx: 1,
  qr: 1,
  m: 1,
  s: 2,
  tr: 2,
  y: 2,
};

/**
 * The literal that such a word begins, which ends at `at`; null where the word is but a word, or nothing closes it.
 * `isBound`: it stands where it cannot be but a word, as behind `=~`, so that even `m;…;` is one.
 */
export function quoteAt(
  source: string,
  operator: string,
  at: number,
  to: number,
  isBound: boolean,
): Quote | null {
  if (!Object.hasOwn(partsOf, operator)) return null;
  const open = /\s/.test(source.charAt(at)) ? pastBlanks(source, at, to) : at;
  const delimiter = source.charAt(open);
  if (open >= to || /[\s\w)]/.test(delimiter) || (/[,;]/.test(delimiter) && !isBound)) return null;
  // `s => 1`, `y = …`, `q->param`
  if (delimiter === '=' && (open > at || /[>=~]/.test(source.charAt(open + 1)))) return null;
  if (delimiter === '-' && source[open + 1] === '>') return null;
  return quoteFrom(source, operator, open, to);
}

/** The literal whose first delimiter stands at `open`; null where nothing closes it. */
export function quoteFrom(source: string, operator: string, open: number, to: number): Quote | null {
  const delimiter = source.charAt(open);
  let close = closedAt(source, open, to);
  if (close === -1) return null;
  const parts = [{ from: open + 1, to: close }];
  if (partsOf[operator] === 2) {
    const next = closerOf(delimiter) === delimiter ? close : pastBlanks(source, close + 1, to);
    close = closedAt(source, next, to);
    if (close === -1) return null;
    parts.push({ from: next + 1, to: close });
  }
  const flags = /^[a-z]*/.exec(source.slice(close + 1, close + 12))?.[0] ?? '';
  const hasFlags = /^(?:m|qr|s|tr|y)$/.test(operator);
  return {
    operator,
    delimiter,
    parts,
    flags: hasFlags ? flags : '',
    end: close + 1 + (hasFlags ? flags.length : 0),
  };
}
