import { closerOf } from './delimited.ts';
import { interpolate, type ReadCode } from './interpolate.ts';
import type { Quote } from './quote.ts';
import type { Piece, TokenKind } from './token.ts';

/** What a literal is, and what it holds. */
export interface Literal {
  readonly kind: TokenKind;
  readonly text: string;
  readonly pieces: readonly Piece[];
}

interface Part {
  readonly from: number;
  readonly to: number;
}

/** Reads what a literal holds. */
export function literalOf(source: string, quote: Quote, readCode: ReadCode): Literal {
  const { operator, delimiter, flags } = quote;
  const [held, replacement] = quote.parts as [Part, Part?];
  const raw = source.slice(held.from, held.to);
  switch (operator) {
    case 'qw': {
      const words = raw.split(/\s+/).filter((each) => each !== '');
      return { kind: 'words', text: words.join(' '), pieces: words };
    }
    case "'":
    case 'q': {
      const own = ['\\', delimiter, closerOf(delimiter)];
      const text = raw.replace(/\\([^])/g, (both, next: string) => (own.includes(next) ? next : both));
      return { kind: 'string', text, pieces: [text] };
    }
    case 'tr':
    case 'y':
      return { kind: 'pattern', text: raw, pieces: [raw] };
    case 'm':
    case 'qr':
    case 's': {
      const pattern = delimiter === "'" ? [raw] : interpolate(source, held.from, held.to, true, readCode);
      const more = replacement === undefined ? [] : replacementOf(source, replacement, flags, readCode);
      return { kind: 'pattern', text: raw, pieces: [...pattern, ...more] };
    }
    default:
      return textOf(source, held, operator === '`' || operator === 'qx' ? '`' : '"', readCode);
  }
}

function replacementOf(source: string, { from, to }: Part, flags: string, readCode: ReadCode): Piece[] {
  return flags.includes('e') ? [readCode(from, to)] : interpolate(source, from, to, false, readCode);
}

/** A string between double quotes, or what else is read like one: a here-document, a command. */
export function textOf(
  source: string,
  { from, to }: Part,
  quote: '"' | "'" | '`',
  readCode: ReadCode,
): Literal {
  const pieces = quote === "'" ? [source.slice(from, to)] : interpolate(source, from, to, false, readCode);
  const shown = (code: Exclude<Piece, string>): string => source.slice(code[0]?.from, code.at(-1)?.to);
  const text = pieces.map((piece) => (typeof piece === 'string' ? piece : shown(piece))).join('');
  return { kind: quote === '`' ? 'shell' : 'string', text, pieces };
}
