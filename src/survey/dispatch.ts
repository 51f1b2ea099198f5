import { type Comparison, parameterOf } from './comparisons.ts';
import type { Constant } from './constants.ts';
import { insideOf, tokensIn } from './expression.ts';
import { type Doubt, everything, type Look, perlOf, type Place, placeOf, type Seen } from './look.ts';
import { constantsHeld } from './names.ts';
import { isSign, isWord, type Token } from './token.ts';
import { bareName, wholeOf } from './variables.ts';

/** What a value of a parameter makes the script do. */
export interface Branch {
  readonly parameter: string;
  readonly value: string;
  /** The subs of the script that it calls then. */
  readonly subs: readonly string[];
  readonly places: readonly Place[];
}

/** What a parameter chooses: `if ($action eq 'add') { … }`, `$ACTION{$action}->()`. One value is no choice. */
export function branchesIn(look: Look, comparisons: readonly Comparison[], doubts: Doubt[]): Branch[] {
  const found = [...comparisons.flatMap((each) => branchOf(look, each)), ...tablesIn(look, doubts)];
  const branches = [...Map.groupBy(found, ({ parameter, value }) => `${parameter}=${value}`).values()].map(
    (same) => ({
      ...(same[0] as Branch),
      subs: [...new Set(same.flatMap(({ subs }) => subs))],
      places: same.flatMap(({ places }) => places),
    }),
  );
  const counts = Map.groupBy(branches, ({ parameter }) => parameter);
  return branches.filter(({ parameter }) => (counts.get(parameter)?.length ?? 0) > 1);
}

/** The block of an `if` whose whole condition it is, or begins. */
function branchOf(look: Look, comparison: Comparison): Branch[] {
  const { stream, at, parameter, value, isEqual, unit } = comparison;
  const open = stream.partners.findLastIndex(
    (close, from) => from < at && close > at && isSign(stream.tokens[from], '('),
  );
  if (!isEqual || open === -1 || !isWord(stream.tokens[open - 1], 'if', 'elsif')) return [];
  const block = insideOf(stream, (stream.partners[open] ?? -1) + 1);
  if (block === null) return [];
  const calls = (look.site.callsFrom.get(unit) ?? []).filter(
    (call) => call.stream === stream && call.at > block.from - 1 && call.at < block.to,
  );
  const own = calls.filter(({ to }) => look.site.script.units.includes(to)).map(({ to }) => to.name ?? '');
  return [{ parameter, value, subs: [...new Set(own)], places: [placeOf(look, comparison)] }];
}

/** Hashes of subs that a parameter is looked up in. */
function tablesIn(look: Look, doubts: Doubt[]): Branch[] {
  const branches: Branch[] = [];
  for (const seen of everything(look)) {
    const { unit, stream, at, token } = seen;
    if (calledByItsName(look, seen)) {
      const what = `which subs it calls by the name in ${perlOf(seen, { from: at + 1, to: at + 2 })}`;
      doubts.push({ what, place: placeOf(look, seen) });
    }
    if (token.kind !== 'variable' || !token.text.startsWith('$')) continue;
    const arrow = isSign(stream.tokens[at + 1], '->') ? 1 : 0;
    const key = insideOf(stream, at + 1 + arrow);
    if (key === null || !isSign(stream.tokens[at + 1 + arrow], '{')) continue;
    const parameters = [...look.values.meaningOf(unit, stream, key)].flatMap(parameterOf);
    if (parameters.length === 0) continue;
    const name = arrow === 1 ? bareName(token.text) : wholeOf(token, stream.tokens[at + 1]);
    for (const { value, sub } of subsIn(look, seen, name))
      for (const parameter of parameters)
        branches.push({ parameter, value, subs: sub === null ? [] : [sub], places: [placeOf(look, seen)] });
  }
  return branches;
}

interface Entry {
  readonly value: string;
  readonly sub: string | null;
}

function subsIn(look: Look, { unit }: Seen, name: string): Entry[] {
  const held = constantsHeld(look.values, unit, name);
  const list = held.length === 1 && Array.isArray(held[0]) ? (held[0] as readonly Constant[]) : held;
  const hasAnonymous = look.values
    .assignmentsTo(unit, name)
    .some(({ stream, value }) => tokensIn(stream, value).some((token) => isWord(token, 'sub')));
  return list.flatMap((value, at): Entry[] => {
    const target = list[at + 1];
    if (at % 2 !== 0 || typeof value !== 'string') return [];
    if (typeof target === 'object' && target !== null && 'sub' in target)
      return [{ value, sub: String((target as { sub: string }).sub) }];
    return hasAnonymous ? [{ value, sub: null }] : [];
  });
}

/** `&$action`, `&{$action}`, `$self->$action` */
function calledByItsName({ values }: Look, { unit, stream, at, token }: Seen): boolean {
  const next = stream.tokens[at + 1] as Token | undefined;
  const isSymbolic = token.kind === 'cast' && token.text === '&';
  const isMethod = isSign(token, '->') && next?.kind === 'variable' && next.text.startsWith('$');
  if (!isSymbolic && !isMethod) return false;
  const inside = insideOf(stream, at + 1) ?? { from: at + 1, to: at + 2 };
  return [...values.meaningOf(unit, stream, inside)].some((meaning) => meaning.startsWith('parameter:'));
}
