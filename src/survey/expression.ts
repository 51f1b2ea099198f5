import { isSign, isWord, type Token } from './token.ts';
import type { Stream } from './unit.ts';

/** A part of a stream, `to` not included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Words that end an expression that no bracket ends. */
const enders = ['if', 'unless', 'while', 'until', 'foreach', 'for', 'or', 'and', 'xor'];

/** The place behind a bracketed part that begins here, else the next one. */
export function pastBracket({ partners }: Stream, at: number): number {
  const partner = partners[at] ?? -1;
  return partner > at ? partner + 1 : at + 1;
}

/** Where the expression that begins at `from` ends: at a `;`, a modifier such as `if`, or the bracket around it. */
export function expressionEnd(stream: Stream, from: number): number {
  let at = from;
  while (at < stream.tokens.length) {
    const token = stream.tokens[at];
    if (isSign(token, ';', ')', ']', '}') || isWord(token, ...enders)) return at;
    at = pastBracket(stream, at);
  }
  return at;
}

/** The parts of a range between its commas, `=>` counting as one. */
export function partsOf(stream: Stream, { from, to }: Range): Range[] {
  const parts: Range[] = [];
  let start = from;
  for (let at = from; at < to; at = pastBracket(stream, at)) {
    if (!isSign(stream.tokens[at], ',', '=>')) continue;
    parts.push({ from: start, to: at });
    start = at + 1;
  }
  if (start < to) parts.push({ from: start, to });
  return parts.filter((part) => part.to > part.from);
}

/** What is within the brackets that open here; null where none do. */
export function insideOf({ partners }: Stream, at: number): Range | null {
  const partner = partners[at] ?? -1;
  return partner > at ? { from: at + 1, to: partner } : null;
}

/** The arguments of the function or method whose name stands at `at`, with or without parentheses. */
export function argumentsAt(stream: Stream, at: number): Range[] {
  const next = stream.tokens[at + 1];
  if (isSign(next, '(')) {
    const inside = insideOf(stream, at + 1);
    return inside === null ? [] : partsOf(stream, inside);
  }
  const isMethod = isSign(stream.tokens[at - 1], '->');
  if (isMethod || next === undefined) return [];
  if (next.kind === 'operator' && !['\\', '[', '{', '+', '-', '<'].includes(next.text)) return [];
  return partsOf(stream, { from: at + 1, to: expressionEnd(stream, at + 1) });
}

/** The tokens of a range. */
export function tokensIn({ tokens }: Stream, { from, to }: Range): readonly Token[] {
  return tokens.slice(from, to);
}

/** The only token of a range; null where it holds more or fewer. */
export function onlyToken({ tokens }: Stream, { from, to }: Range): Token | null {
  return to - from === 1 ? (tokens[from] ?? null) : null;
}

/** The arguments that are given by name, as `-name => 'x'`, by their names without the dash; null where they are given by place. */
export function namedArguments(stream: Stream, parts: readonly Range[]): Map<string, Range> | null {
  const nameAt = (part: Range | undefined): string | null => {
    const token = part === undefined ? null : onlyToken(stream, part);
    const [dash, word] = part === undefined ? [] : tokensIn(stream, part);
    if (token?.kind === 'string' && token.text.startsWith('-')) return token.text.slice(1).toLowerCase();
    const isDashed = part?.to === (part?.from ?? 0) + 2 && isSign(dash, '-') && word?.kind === 'word';
    return isDashed ? (word?.text.toLowerCase() ?? null) : null;
  };
  if (nameAt(parts[0]) === null) return null;
  const named = new Map<string, Range>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const name = nameAt(parts[at]);
    if (name !== null) named.set(name, parts[at + 1] as Range);
  }
  return named;
}

/**
 * Where the expression begins that is the receiver of the `->` at `arrow`, or ends before it: a variable, a call, an
 * element, or a chain of these.
 */
export function receiverStart(stream: Stream, arrow: number): number {
  const { tokens, partners } = stream;
  let at = arrow - 1;
  for (;;) {
    const token = tokens[at];
    if (isSign(token, ')', ']', '}')) {
      const open = partners[at] ?? -1;
      if (open === -1) return at;
      at = open - 1;
      const before = tokens[at];
      if (
        before === undefined ||
        !(isSign(before, '->', ')', ']', '}') || ['word', 'variable', 'cast'].includes(before.kind))
      )
        return open;
      if (isSign(before, '->')) at--;
      continue;
    }
    if (isSign(tokens[at - 1], '->')) {
      at -= 2;
      continue;
    }
    return tokens[at - 1]?.kind === 'cast' || isSign(tokens[at - 1], '\\') ? at - 1 : at;
  }
}
