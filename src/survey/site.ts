import { argumentsAt, type Range } from './expression.ts';
import { isSign, isWord, type Token } from './token.ts';
import type { PerlFile, Spot, Unit } from './unit.ts';

/** A call of one of the site's own subs, or a reference to it. */
export interface Call extends Spot {
  readonly to: Unit;
  readonly isMethod: boolean;
  readonly parts: readonly Range[];
}

/** A script and the modules of its site. */
export interface Site {
  readonly script: PerlFile;
  readonly files: readonly PerlFile[];
  readonly units: readonly Unit[];
  readonly calls: readonly Call[];
  readonly callsFrom: ReadonlyMap<Unit, readonly Call[]>;
  readonly callsTo: ReadonlyMap<Unit, readonly Call[]>;
  /** The subs that a name may mean where this unit says it. */
  named(name: string, from: Unit): readonly Unit[];
}

/** What everybody's modules have, too: such a method says nothing of whose it is. */
const everybodys = new Set(
  (
    'new param header cookie redirect delete flush expire clear do prepare execute finish connect disconnect ' +
    'commit rollback print printf close open read get set id name query'
  ).split(' '),
);

/** Joins the files of a site: who calls whom. The first is the script. */
export function makeSite(script: PerlFile, modules: readonly PerlFile[]): Site {
  const files = [script, ...modules];
  const units = files.flatMap((file) => file.units);
  const byName = Map.groupBy(
    units.filter((unit) => unit.name !== null),
    (unit) => unit.name as string,
  );
  const named = (name: string, from: Unit): readonly Unit[] => {
    const cut = name.lastIndexOf('::');
    const candidates = byName.get(name.slice(cut === -1 ? 0 : cut + 2)) ?? [];
    if (cut !== -1) {
      const owner = name.slice(0, cut) || 'main';
      return candidates.filter((unit) => unit.package === owner);
    }
    const own = candidates.filter((unit) => unit.source === from.source);
    return own.length > 0 ? own : candidates;
  };
  const calls = units.flatMap((unit) => callsIn(unit, named, byName));
  return {
    script,
    files,
    units,
    calls,
    callsFrom: Map.groupBy(calls, (call) => call.unit),
    callsTo: Map.groupBy(calls, (call) => call.to),
    named,
  };
}

function callsIn(unit: Unit, named: Site['named'], byName: ReadonlyMap<string, readonly Unit[]>): Call[] {
  const calls: Call[] = [];
  for (const stream of unit.streams) {
    for (const [at, token] of stream.tokens.entries()) {
      const isSub = token.kind === 'variable' && token.text.startsWith('&');
      if (token.kind !== 'word' && !isSub) continue;
      const isMethod = isSign(stream.tokens[at - 1], '->');
      const next = stream.tokens[at + 1];
      const isMaker = !isMethod && isWord(token, 'new') && next?.kind === 'word'; // `new Shop::Cart(…)`
      const name = isSub ? token.text.slice(1) : isMaker ? `${next.text}::new` : token.text;
      const targets = isMethod
        ? methodsNamed(token.text, stream.tokens[at - 2], unit, byName)
        : named(name, unit);
      const parts = targets.length === 0 ? [] : argumentsAt(stream, isMaker ? at + 1 : at);
      for (const to of targets) calls.push({ unit, stream, at, to, isMethod: isMethod || isMaker, parts });
    }
  }
  return calls;
}

/** Whose class a variable is of is not known: a method may be any of its name, unless a class is named. */
function methodsNamed(
  name: string,
  receiver: Token | undefined,
  from: Unit,
  byName: ReadonlyMap<string, readonly Unit[]>,
): readonly Unit[] {
  const candidates = byName.get(name) ?? [];
  if (receiver?.kind === 'word') {
    const exact = candidates.filter((unit) => unit.package === receiver.text.replace(/::$/, ''));
    if (exact.length > 0) return exact;
  }
  if (!everybodys.has(name)) return candidates.filter((unit) => unit.package !== 'main');
  const isOwn = receiver?.kind === 'variable' && /^\$(?:self|class|this)$/.test(receiver.text);
  return isOwn ? candidates.filter((unit) => unit.package === from.package) : [];
}

/**
 * The units that the script can come to, and the lines of the script from which it does; none for its own, and for what a
 * module does by itself when it is loaded.
 */
export function reach({ script, files, units, callsFrom }: Site): Map<Unit, readonly number[]> {
  const ownUnits = new Set(script.units);
  const byThemselves = units.filter(
    ({ name }) => name === 'import' || name === 'DESTROY' || name === 'AUTOLOAD',
  );
  const roots = [...script.units, ...files.flatMap((file) => file.units.slice(0, 1)), ...byThemselves];
  const lines = new Map<Unit, Set<number>>(roots.map((unit) => [unit, new Set()]));
  const closures = new Map<Unit, ReadonlySet<Unit>>();
  const closureOf = (start: Unit): ReadonlySet<Unit> => {
    const known = closures.get(start);
    if (known !== undefined) return known;
    const found = new Set([start]);
    for (const unit of found) for (const { to } of callsFrom.get(unit) ?? []) found.add(to); // a Set grows while it is walked
    closures.set(start, found);
    return found;
  };
  for (const root of new Set(roots)) {
    for (const { stream, at, to } of callsFrom.get(root) ?? []) {
      for (const unit of closureOf(to)) {
        const known = lines.get(unit) ?? new Set();
        if (ownUnits.has(root) && !ownUnits.has(to) && !ownUnits.has(unit))
          known.add(stream.tokens[at]?.line ?? 0);
        lines.set(unit, known);
      }
    }
  }
  return new Map([...lines].map(([unit, found]) => [unit, [...found].toSorted((a, b) => a - b)]));
}
