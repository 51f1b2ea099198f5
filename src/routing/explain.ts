import type { Side } from '../exchange/outcome.ts';
import type { SessionUse } from '../session/session.ts';
import { decide } from './decide.ts';
import type { Forced } from './force.ts';
import { compareKeyParams, countParams, type KeyParam, paramsMatch } from './key-params.ts';
import { methodFit } from './method-fit.ts';
import { compilePattern, type Pattern, patternMatches, splitPath } from './pattern.ts';
import type { Route } from './route.ts';
import { type ScriptPath, scriptOf } from './script.ts';
import { comparePatterns } from './specificity.ts';
import { type Table, unmatchedName } from './table.ts';
import type { Visitor } from './who.ts';

/** A request as routes see it. */
export interface Asked {
  readonly method: string;
  /** The normalised path, decoded, one character per byte. */
  readonly decodedPath: string;
  readonly visitor: Visitor;
  readonly forced: Forced | null;
}

/** One route that takes the path of a request. */
export interface Candidate {
  readonly name: string;
  readonly key: string;
  readonly line: number;
  readonly wins: boolean;
  /** Why it wins or loses, in a few words. */
  readonly why: string;
}

/** Everything the gateway would think about one request, without sending it anywhere. */
export interface Explanation {
  readonly method: string;
  readonly path: string;
  /** The script that legacy would run for it, as far as a path can tell. */
  readonly script: ScriptPath;
  /** The parameters that the keys of its path ask for, as the script reads them; null where they cannot be read. */
  readonly params: readonly { readonly name: string; readonly value: string }[] | null;
  readonly route: Route;
  /** The winner first, then the routes that also take the path, the better ones first. */
  readonly candidates: readonly Candidate[];
  /** Null where the route is retired. */
  readonly side: Side | null;
  readonly why: string;
  readonly bucket: number | null;
  readonly session: SessionUse;
}

/** Explains a request: cost grows with the number of routes, so this is for people, not for the request path. */
export function explain(table: Table, asked: Asked): Explanation {
  const { method, decodedPath, visitor, forced } = asked;
  const matched = table.match(method, decodedPath, visitor.params);
  const { route, serve, why, bucket } = decide(matched, visitor, forced);
  const path = splitPath(decodedPath);
  const rivals = rivalsOf(table, method, path);
  const first: Candidate = { ...label(route), wins: true, why: whyItWins(route, path) };
  const rest = rivals
    .filter((rival) => rival.route.line !== route.line)
    .map((rival) => ({ ...label(rival.route), wins: false, why: whyItLoses(rival, route, asked) }));
  return {
    method,
    path: decodedPath,
    script: scriptOf(decodedPath),
    params: paramsAsked(rivals, visitor),
    route,
    candidates: [first, ...rest],
    side: serve,
    why,
    bucket,
    session: route.session,
  };
}

interface Rival {
  readonly route: Route;
  readonly pattern: Pattern;
  readonly fit: number;
}

function rivalsOf(table: Table, method: string, path: readonly string[]): Rival[] {
  return table.routes
    .map((route) => ({
      route,
      pattern: compilePattern(route.path),
      fit: methodFit(route.methods, method),
    }))
    .filter((rival) => patternMatches(rival.pattern, path))
    .sort(
      (a, b) =>
        comparePatterns(a.pattern, b.pattern, path.length) ||
        compareKeyParams(a.route.params, b.route.params) ||
        b.fit - a.fit,
    );
}

function paramsAsked(rivals: readonly Rival[], visitor: Visitor): Explanation['params'] {
  const names = [...new Set(rivals.flatMap(({ route }) => route.params.map(({ name }) => name)))];
  const params = names.length === 0 ? null : visitor.params();
  if (names.length > 0 && params === null) return null;
  return names.flatMap((name) => {
    const value = params?.get(name) ?? null;
    return value === null ? [] : [{ name, value }];
  });
}

function label(route: Route): Pick<Candidate, 'name' | 'key' | 'line'> {
  return {
    name: route.name,
    key: route.name === unmatchedName ? unmatchedName : route.key,
    line: route.line,
  };
}

const kindWords = {
  literal: 'literal path',
  glob: 'path with *',
  name: 'path with a {name}',
  rest: 'everything below',
};

function whyItWins(route: Route, path: readonly string[]): string {
  if (route.name === unmatchedName) return 'no route of the file takes it';
  const pattern = compilePattern(route.path);
  const kinds = new Set(pattern.segments.map((segment) => segment.kind));
  const loosest = (['rest', 'name', 'glob'] as const).find((kind) => kinds.has(kind)) ?? 'literal';
  const hasMore = loosest !== 'rest' && path.length > pattern.segments.length;
  return [
    kindWords[loosest],
    ...(hasMore ? ['the rest is PATH_INFO'] : []),
    ...(route.params.length === 0 ? [] : [countParams(route.params)]),
    ...(route.methods === null ? [] : [`method ${route.methods.join(',')}`]),
  ].join(', ');
}

function whyItLoses({ route, fit }: Rival, winner: Route, { method, visitor }: Asked): string {
  if (fit === 0) return `it takes only ${route.methods?.join(',')}, not ${method}`;
  const params = route.params.length === 0 ? null : visitor.params();
  if (route.params.length > 0 && params === null) return 'it asks for parameters, and they were not read';
  if (params !== null && !paramsMatch(route.params, params)) {
    return `it asks for ${route.params.map(printParam).join(' and ')}`;
  }
  if (route.path !== winner.path) return 'less specific';
  if (route.params.length < winner.params.length) return `it asks for ${fewer(route.params)}`;
  return route.methods === null && winner.methods !== null ? 'it names no method' : 'less specific';
}

function fewer(params: readonly KeyParam[]): string {
  return params.length === 0 ? 'no parameter' : `only ${countParams(params)}`;
}

function printParam({ name, value }: KeyParam): string {
  return value === null ? name : `${name}=${value}`;
}
