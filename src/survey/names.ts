import { type Constant, constantsIn, elementOf } from './constants.ts';
import { argumentsAt, insideOf, onlyToken, partsOf, pastBracket, type Range } from './expression.ts';
import type { Site } from './site.ts';
import { isSign, isWord, plainText, type Token } from './token.ts';
import type { Spot, Stream, Unit } from './unit.ts';
import type { Values } from './values.ts';
import { type Assignment, bareName, wholeOf } from './variables.ts';

/** A name that the code says somewhere, such as that of a parameter. */
export interface Name extends Spot {
  readonly text: string;
  /** A `*` in it stands for what is computed: `qty_*`. */
  readonly isPattern: boolean;
}

/** How far a name is followed through subs that are handed it. */
const deepest = 4;

/**
 * The names that an expression may be: a string, one that is put together, what a loop goes through, a variable that only
 * holds strings, or what the callers of the sub hand to it. Null where it cannot be told from the text.
 */
export function namesOf(site: Site, values: Values, spot: Spot, range: Range, depth = 0): Name[] | null {
  const { stream } = spot;
  const only = onlyToken(stream, range);
  const here = (text: string, isPattern = false): Name => ({ ...spot, text, isPattern });
  const plain = plainText(only ?? undefined);
  if (plain !== null) return [here(plain)];
  const pattern = patternOf(stream, range);
  if (pattern !== null) return pattern === '*' ? null : [here(pattern, true)];
  const handed = handedOver(values, spot.unit, stream, range);
  if (handed !== null && depth < deepest) {
    const calls = site.callsTo.get(spot.unit) ?? [];
    const found = calls.map((call) => {
      const part = call.parts[handed - (call.isMethod ? 1 : 0)];
      return part === undefined ? null : namesOf(site, values, call, part, depth + 1);
    });
    return found.length === 0 || found.some((each) => each === null)
      ? null
      : found.flatMap((each) => each ?? []);
  }
  const constants = constantsAt(values, spot, range);
  return constants?.map((text) => here(text)) ?? null;
}

/** A text that is put together, with a `*` for what is computed: of `"qty_$n"` and `'qty_' . $n` `qty_*`. Null where it is none. */
export function patternOf(stream: Stream, { from, to }: Range): string | null {
  let pattern = '';
  let [isText, hasDot] = [false, false];
  for (let at = from; at < to; at = pastBracket(stream, at)) {
    const token = stream.tokens[at] as Token;
    if (isSign(token, '.')) hasDot = true;
    if (token.kind === 'string') {
      isText = true;
      pattern += token.pieces.map((piece) => (typeof piece === 'string' ? piece : '*')).join('');
    } else if (!isSign(token, '.') && !pattern.endsWith('*')) pattern += '*';
  }
  return isText && (hasDot || to === from + 1) ? pattern.replace(/\*+/g, '*') : null;
}

/** The place among the arguments of its sub that an expression hands on: `$name`, `$_[0]`, `shift`. Null for all else. */
function handedOver(values: Values, unit: Unit, stream: Stream, range: Range): number | null {
  const only = onlyToken(stream, range);
  if (isWord(only ?? undefined, 'shift')) return unit.name === null ? null : 0;
  const [first, second, third] = stream.tokens.slice(range.from, range.to);
  if (first?.text === '$_' && isSign(second, '[')) return Number(plainText(third) ?? 0);
  if (only?.kind !== 'variable') return null;
  const at = values.variablesOf(unit).parameters.indexOf(bareName(only.text));
  return at === -1 ? null : at;
}

/** The strings that a variable, or an element of one, may be. Null where one of them is computed. */
function constantsAt(values: Values, spot: Spot, { from, to }: Range): string[] | null {
  const { stream, unit } = spot;
  const token = stream.tokens[from];
  const [variable, steps] = token?.kind === 'cast' ? [stream.tokens[from + 1], from + 2] : [token, from + 1];
  if (variable?.kind !== 'variable') return null;
  const isElement = token?.kind !== 'cast' && isSign(stream.tokens[steps], '[', '{');
  if (isElement) return null;
  const keys = stepsAt(stream, steps, to);
  if (keys === null) return null;
  const name = bareName(variable.text);
  const found = loopedOver(values, spot, name) ?? held(values, unit, name);
  const reached = found?.map((each) => keys.reduce<Constant>((value, key) => elementOf(value, key), each));
  return reached?.every((each) => typeof each === 'string') === true && reached.length > 0 ? reached : null;
}

/** `->[0]`, `->{name}`: the keys; null where there is anything else. */
function stepsAt(stream: Stream, from: number, to: number): string[] | null {
  const keys: string[] = [];
  for (let at = from; at < to;) {
    const open = isSign(stream.tokens[at], '->') ? at + 1 : at;
    const inside = insideOf(stream, open);
    const key =
      inside !== null && inside.to === inside.from + 1 ? plainText(stream.tokens[inside.from]) : null;
    if (inside === null || key === null) return null;
    keys.push(key);
    at = inside.to + 1;
  }
  return keys;
}

/** What a variable holds, where only constants are put into it. */
function held(values: Values, unit: Unit, name: string): Constant[] | null {
  if (!name.startsWith('$')) return null;
  const assignments = values.assignmentsTo(unit, name);
  const [only, more] = assignments;
  if (only !== undefined && more === undefined && isWord(only.stream.tokens[only.value.from], 'each'))
    return eachOf(values, unit, only, name);
  const constants = assignments.map((each) =>
    each.isList || each.operator !== '=' ? [null] : constantsIn(each.stream, each.value),
  );
  return constants.length > 0 && constants.every((each) => each.length === 1) ? constants.flat() : null;
}

/** `while (my ($name, $letter) = each %LETTERS)` */
function eachOf(
  values: Values,
  unit: Unit,
  { stream, value, names }: Assignment,
  name: string,
): Constant[] | null {
  const hash = stream.tokens[value.to - 1];
  if (hash?.kind !== 'variable' || !hash.text.startsWith('%')) return null;
  const list = constantsHeld(values, unit, bareName(hash.text));
  return list.length < 2 ? null : list.filter((_, at) => at % 2 === names.indexOf(name));
}

/** What the loop around a place goes through, if that is constants: `foreach my $f (qw(a b))`, `map { … } @LIST`. */
function loopedOver(values: Values, { unit, stream, at }: Spot, name: string): Constant[] | null {
  for (let loop = at; loop >= 0; loop--) {
    const token = stream.tokens[loop];
    if (!isWord(token, 'foreach', 'for', 'map', 'grep')) continue;
    const found = isWord(token, 'map', 'grep') ? mapAt(stream, loop) : foreachAt(stream, loop);
    if (found !== null && found.variable === name && at >= found.body.from && at < found.body.to)
      return listOf(values, unit, stream, found.list);
  }
  // `… foreach LIST;` behind its statement
  if (name !== '$_') return null;
  for (let after = at; after < stream.tokens.length && !isSign(stream.tokens[after], ';', '}'); after++) {
    if (!isWord(stream.tokens[after], 'foreach', 'for')) continue;
    const inside = insideOf(stream, after + 1);
    const bare = argumentsAt(stream, after);
    const [first, last] = [bare[0], bare.at(-1)];
    const list = inside ?? (first === undefined ? undefined : { from: first.from, to: last?.to ?? first.to });
    return list === undefined ? null : listOf(values, unit, stream, list);
  }
  return null;
}

interface Loop {
  readonly variable: string;
  readonly list: Range;
  readonly body: Range;
}

function foreachAt(stream: Stream, at: number): Loop | null {
  let next = at + 1;
  if (isWord(stream.tokens[next], 'my', 'our')) next++;
  const named = stream.tokens[next]?.kind === 'variable' ? stream.tokens[next++]?.text : undefined;
  const list = insideOf(stream, next);
  const body = list === null ? null : insideOf(stream, list.to + 1);
  return list === null || body === null ? null : { variable: bareName(named ?? '$_'), list, body };
}

function mapAt(stream: Stream, at: number): Loop | null {
  const from = isSign(stream.tokens[at + 1], '(') ? at + 2 : at + 1;
  const body = isSign(stream.tokens[from], '{') ? insideOf(stream, from) : null;
  if (body === null) return null;
  const list = { from: body.to + 1, to: listEnd(stream, body.to + 1) };
  return { variable: '$_', list, body };
}

function listEnd(stream: Stream, from: number): number {
  let at = from;
  while (at < stream.tokens.length && !isSign(stream.tokens[at], ';', ')', ']', '}'))
    at = pastBracket(stream, at);
  return at;
}

function listOf(values: Values, unit: Unit, stream: Stream, range: Range): Constant[] {
  return partsOf(stream, range).flatMap((part) => {
    let { from } = part;
    while (isWord(stream.tokens[from], 'sort', 'reverse', 'keys')) from++;
    const isKeys = isWord(stream.tokens[from - 1], 'keys') && from > part.from;
    const token = stream.tokens[from];
    const isWhole = from + 1 === part.to && token?.kind === 'variable' && /^[@%]/.test(token.text);
    if (!isWhole) return constantsIn(stream, { from, to: part.to });
    const list = constantsHeld(values, unit, wholeOf(token, undefined));
    return isKeys ? list.filter((_, at) => at % 2 === 0) : list;
  });
}

/** The list or the hash that is put into a variable in one place; a single null where it is not so. */
export function constantsHeld(values: Values, unit: Unit, name: string): Constant[] {
  const [only, ...more] = values.assignmentsTo(unit, name).filter(({ value }) => value.to > value.from);
  if (only === undefined || more.length > 0) return [null];
  const copied = onlyToken(only.stream, only.value);
  const isCopy = copied?.kind === 'variable' && /^[@%]/.test(copied.text) && bareName(copied.text) !== name;
  return isCopy ? constantsHeld(values, unit, bareName(copied.text)) : constantsIn(only.stream, only.value);
}
