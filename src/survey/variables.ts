import { expressionEnd, insideOf, partsOf, type Range } from './expression.ts';
import { isSign, isWord, plainText, type Token } from './token.ts';
import type { Stream, Unit } from './unit.ts';

/** Something is put into a variable. */
export interface Assignment {
  readonly unit: Unit;
  readonly stream: Stream;
  /** The variable with its sigil and without its package, or for `my ($a, $b) = …` all of them. */
  readonly names: readonly string[];
  readonly isList: boolean;
  readonly operator: string;
  /** What is put into it. */
  readonly value: Range;
  readonly line: number;
}

/** What a unit does with its variables. */
export interface Variables {
  /** Those it declares itself. */
  readonly declared: ReadonlySet<string>;
  readonly assignments: readonly Assignment[];
  /** Its parameters in their order, where it names them. */
  readonly parameters: readonly string[];
}

/** A variable without its package: globals are told apart by their names alone. */
export function bareName(variable: string): string {
  const [sigil = ''] = /^(?:\$#|[$@%&*])/.exec(variable) ?? [];
  return sigil + variable.slice(sigil.length).replace(/^.*::/, '');
}

/** The variable that an element is of: `%h` for `$h{…}`, `@a` for `$a[…]`, else itself. */
export function wholeOf(token: Token, next: Token | undefined): string {
  const name = bareName(token.text);
  if (!/^[$@]/.test(name) || name.startsWith('$#')) return name;
  if (isSign(next, '{')) return `%${name.slice(1)}`;
  return isSign(next, '[') && name.startsWith('$') ? `@${name.slice(1)}` : name;
}

const assigners = ['=', '||=', '//=', '.=', '&&='];

/** Reads what a unit declares, assigns and is given. */
export function variablesOf(unit: Unit): Variables {
  const declared = new Set<string>();
  const assignments: Assignment[] = [];
  const parameters: string[] = [];
  for (const stream of unit.streams) {
    const { tokens } = stream;
    for (const [at, token] of tokens.entries()) {
      if (isWord(token, 'my', 'our', 'local', 'state')) {
        // What is `our` or `local` is a global, and known by its name everywhere.
        if (isWord(token, 'my', 'state')) for (const name of declaredAt(stream, at + 1)) declared.add(name);
        continue;
      }
      if (!(token.kind === 'operator' && assigners.includes(token.text))) continue;
      const targets = targetsBefore(stream, at);
      if (targets === null) continue;
      const value = { from: at + 1, to: expressionEnd(stream, at + 1) };
      const { names, isList } = targets;
      assignments.push({ unit, stream, names, isList, operator: token.text, value, line: token.line });
      takeParameters(stream, value, names, parameters);
    }
  }
  return { declared, assignments, parameters };
}

function takeParameters(
  { tokens }: Stream,
  { from, to }: Range,
  names: readonly string[],
  into: string[],
): void {
  const first = tokens[from];
  const isAll = to - from === 1 && first?.kind === 'variable' && first.text === '@_';
  const isShift =
    isWord(first, 'shift') && !(tokens[from + 1]?.kind === 'variable' && tokens[from + 1]?.text !== '@_');
  if (isAll) into.push(...names);
  else if (isShift) into.push(names[0] ?? '');
  else if (first?.text === '$_' && isSign(tokens[from + 1], '[')) {
    const index = Number(plainText(tokens[from + 2]) ?? Number.NaN);
    if (index >= 0 && index < 20) {
      while (into.length < index) into.push('');
      into[index] = names[0] ?? '';
    }
  }
}

function declaredAt(stream: Stream, at: number): string[] {
  const inside = insideOf(stream, at);
  const tokens =
    inside === null ? stream.tokens.slice(at, at + 1) : stream.tokens.slice(inside.from, inside.to);
  return tokens.filter(({ kind }) => kind === 'variable').map(({ text }) => text);
}

/** What stands before an `=`: a variable, or some in parentheses. Null for an element, or anything else. */
function targetsBefore(stream: Stream, at: number): { names: string[]; isList: boolean } | null {
  const { tokens, partners } = stream;
  const last = tokens[at - 1];
  if (last?.kind === 'variable') return { names: [bareName(last.text)], isList: /^[@%]/.test(last.text) };
  const open = isSign(last, ')') ? (partners[at - 1] ?? -1) : -1;
  if (open === -1) return null;
  const before = tokens[open - 1];
  if (before !== undefined && !isWord(before, 'my', 'our', 'local') && !isSign(before, ';', '{', '}', '('))
    return null;
  const names = partsOf(stream, { from: open + 1, to: at - 1 }).map((part) => {
    const token = tokens[part.to - 1];
    return token?.kind === 'variable' ? bareName(token.text) : '';
  });
  return { names, isList: true };
}
