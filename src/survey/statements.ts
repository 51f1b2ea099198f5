import { argumentsAt, expressionEnd, pastBracket, type Range, receiverStart } from './expression.ts';
import { everything, type Look, perlOf, type Place, placeOf, type Seen } from './look.ts';
import { hole, readSql, type Sql, verbOf } from './sql.ts';
import { isSign, isWord, type Token } from './token.ts';
import type { Stream } from './unit.ts';
import { bareName } from './variables.ts';

/** A statement that a script sends to the database. */
export interface Statement extends Sql {
  /** As it is written; what Perl puts in stands in it as Perl. */
  readonly text: string;
  /** Whether variables of Perl's are put into it, besides the values of its `?`. */
  readonly isComputed: boolean;
  /** Pieces that are added to it later, perhaps only sometimes. */
  readonly additions: readonly string[];
  /** The Perl of the values of its `?`, or null where none are seen. */
  readonly values: string | null;
  /** How it is asked: `selectrow_array`, `do`; null where that is not seen. */
  readonly method: string | null;
  readonly place: Place;
}

const methods = [
  'do',
  'prepare',
  'prepare_cached',
  'selectrow_array',
  'selectrow_arrayref',
  'selectrow_hashref',
  'selectall_arrayref',
  'selectall_hashref',
  'selectcol_arrayref',
  'query',
];

/** The statements that stand in the script and in the subs it calls. */
export function statementsIn(look: Look): Statement[] {
  const found: Statement[] = [];
  for (const seen of everything(look)) {
    const { stream, at, token } = seen;
    if (token.kind !== 'string' || isSign(stream.tokens[at - 1], '.')) continue;
    const { end, sql, text } = joinedFrom(stream, at, seen);
    const call = callAround(stream, at);
    const target = assignedTo(stream, at);
    const isGiven = call !== null || /sql|query|stmt|statement/i.test(target ?? '');
    const verb = verbOf(sql, isGiven);
    if (verb === null) continue;
    const usedAt = call ?? (target === null ? null : useOf(stream, target, end));
    const additions = target === null ? [] : additionsTo(seen, target, end);
    const whole = [sql, ...additions.map((each) => each.sql)].join('\n');
    found.push({
      ...readSql(whole, verb),
      text,
      isComputed: whole.includes(hole),
      additions: additions.map((each) => each.text),
      values: usedAt === null ? null : valuesOf(seen, usedAt),
      method: usedAt === null ? null : (stream.tokens[usedAt]?.text ?? null),
      place: placeOf(look, seen),
    });
  }
  return found;
}

interface Joined {
  readonly end: number;
  /** With holes. */
  readonly sql: string;
  readonly text: string;
}

/** Strings and what is joined to them with dots. */
function joinedFrom(stream: Stream, from: number, seen: Seen): Joined {
  let [sql, text, at] = ['', '', from];
  for (;;) {
    const token = stream.tokens[at];
    if (token?.kind === 'string') {
      sql += token.pieces.map((piece) => (typeof piece === 'string' ? piece : hole)).join('');
      text += token.text;
      at++;
    } else {
      const end = termEnd(stream, at);
      sql += hole;
      text += perlOf(seen, { from: at, to: end });
      at = end;
    }
    if (!isSign(stream.tokens[at], '.')) return { end: at, sql, text };
    at++;
  }
}

function termEnd(stream: Stream, from: number): number {
  let at = pastBracket(stream, from);
  while (isSign(stream.tokens[at], '->', '(', '[', '{') || isSign(stream.tokens[at - 1], '->')) {
    const next = pastBracket(stream, at);
    if (next === at) break;
    at = next;
  }
  return Math.min(at, stream.tokens.length);
}

/** The method of DBI's whose first argument begins here: where its name stands. */
function callAround(stream: Stream, at: number): number | null {
  const { tokens } = stream;
  const name = isSign(tokens[at - 1], '(') ? at - 2 : at - 1;
  return isWord(tokens[name], ...methods) ? name : null;
}

/** The variable that a string is put into. */
function assignedTo(stream: Stream, at: number): string | null {
  const variable = stream.tokens[at - 2];
  return isSign(stream.tokens[at - 1], '=') && variable?.kind === 'variable' ? bareName(variable.text) : null;
}

function additionsTo(seen: Seen, variable: string, from: number): Joined[] {
  const { stream } = seen;
  const found: Joined[] = [];
  for (let at = from; at < stream.tokens.length; at++) {
    const token = stream.tokens[at] as Token;
    if (token.kind !== 'variable' || bareName(token.text) !== variable) continue;
    if (isSign(stream.tokens[at + 1], '=')) break;
    if (isSign(stream.tokens[at + 1], '.=') && stream.tokens[at + 2] !== undefined)
      found.push(joinedFrom(stream, at + 2, seen));
  }
  return found;
}

/** Where the statement in a variable is asked. */
function useOf(stream: Stream, variable: string, from: number): number | null {
  for (let at = from; at < stream.tokens.length; at++) {
    const token = stream.tokens[at] as Token;
    if (token.kind !== 'variable' || bareName(token.text) !== variable) continue;
    const name = callAround(stream, at);
    if (name !== null) return name;
  }
  return null;
}

/** What stands behind the statement and its attributes; of one that is prepared, what `execute` is given. */
function valuesOf(seen: Seen, name: number): string | null {
  const { stream } = seen;
  const method = stream.tokens[name]?.text ?? '';
  if (method.startsWith('prepare')) return executedWith(seen, name);
  const parts = argumentsAt(stream, name).slice(method === 'query' ? 1 : 2);
  return allOf(seen, parts);
}

function executedWith(seen: Seen, name: number): string | null {
  const { stream } = seen;
  const start = receiverStart(stream, name - 1);
  const handle = isSign(stream.tokens[start - 1], '=') ? stream.tokens[start - 2] : undefined;
  if (handle?.kind !== 'variable') return null;
  for (let at = expressionEnd(stream, name); at < stream.tokens.length; at++) {
    if (!isWord(stream.tokens[at], 'execute') || stream.tokens[at - 2]?.text !== handle.text) continue;
    return allOf(seen, argumentsAt(stream, at));
  }
  return null;
}

function allOf(seen: Seen, parts: readonly Range[]): string | null {
  const [first, last] = [parts[0], parts.at(-1)];
  return first === undefined || last === undefined ? null : perlOf(seen, { from: first.from, to: last.to });
}

/** The tables that statements name, with the places. */
export interface Table {
  readonly name: string;
  readonly read: readonly Place[];
  readonly written: readonly Place[];
}

/** The tables of some statements, by name. */
export function tablesOf(statements: readonly Statement[]): Table[] {
  const tables = new Map<string, { name: string; read: Place[]; written: Place[] }>();
  for (const { reads, writes, place } of statements) {
    for (const [names, what] of [
      [reads, 'read'],
      [writes, 'written'],
    ] as const) {
      for (const name of names) {
        if (name === null) continue;
        const table = tables.get(name) ?? { name, read: [], written: [] };
        tables.set(name, table);
        table[what].push(place);
      }
    }
  }
  return [...tables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
