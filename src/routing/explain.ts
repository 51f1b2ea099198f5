import type { Side } from '../exchange/outcome.ts';
import type { SessionUse } from '../session/session.ts';
import { type Asked, decide } from './decide.ts';
import { compilePattern, type Pattern, patternMatches, splitPath } from './pattern.ts';
import type { Route } from './route.ts';
import { comparePatterns } from './specificity.ts';
import { type Table, unmatchedName } from './table.ts';
import { printTarget } from './target.ts';
import { methodFit } from './trie.ts';

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
  readonly route: Route;
  /** The winner first, then the routes that also take the path, the better ones first. */
  readonly candidates: readonly Candidate[];
  readonly side: Side;
  readonly why: string;
  readonly bucket: number | null;
  readonly session: SessionUse;
}

/** Explains a request: cost grows with the number of routes, so this is for people, not for the request path. */
export function explain(table: Table, asked: Asked): Explanation {
  const decision = decide(table, asked);
  const { route, serve, why, bucket } = decision;
  const path = splitPath(asked.decodedPath);
  const others = rivals(table, asked, path).filter((rival) => rival.route !== route);
  const first: Candidate = { ...label(route), wins: true, why: whyItWins(route, path) };
  const rest = others.map((rival) => ({
    ...label(rival.route),
    wins: false,
    why: whyItLoses(rival, route, asked.method),
  }));
  return {
    method: asked.method,
    path: asked.decodedPath,
    route,
    candidates: [first, ...rest],
    side: serve,
    why,
    bucket,
    session: route.session,
  };
}

/** The explanation as `banyan explain` prints it; `file` is the name to put before line numbers. */
export function printExplanation(explanation: Explanation, file: string): string {
  const { route, candidates } = explanation;
  const place = route.line === 0 ? 'built in' : `${file}:${route.line}`;
  const width = Math.max(...candidates.map((candidate) => candidate.key.length));
  const list = candidates.map(
    (candidate, at) =>
      `    ${at + 1}. ${candidate.key.padEnd(width)}  ${candidate.wins ? 'wins' : 'loses'}: ${candidate.why}`,
  );
  return [
    `${explanation.method} ${explanation.path}`,
    `  → ${route.name}   ${place}   "${route.key}"   ${printTarget(route.target)}`,
    ...list,
    `  side     ${explanation.side.padEnd(6)}  ${explanation.why}`,
    `  session  ${explanation.session.padEnd(6)}  ${sessionWords[explanation.session]}`,
    `  port     ${route.port ?? 'no file'}`,
    '',
  ].join('\n');
}

const sessionWords: Record<SessionUse, string> = {
  none: 'the session is left alone',
  read: 'snapshot, no lock',
  write: 'locked for the whole request',
};

interface Rival {
  readonly route: Route;
  readonly pattern: Pattern;
  readonly fit: number;
}

function rivals(table: Table, asked: Asked, path: readonly string[]): Rival[] {
  return table.routes
    .map((route) => ({
      route,
      pattern: compilePattern(route.path),
      fit: methodFit(route.methods, asked.method),
    }))
    .filter((rival) => patternMatches(rival.pattern, path))
    .sort((a, b) => comparePatterns(a.pattern, b.pattern, path.length) || b.fit - a.fit);
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
  const pathInfo =
    loosest === 'literal' && path.length > pattern.segments.length ? ', the rest is PATH_INFO' : '';
  return (
    kindWords[loosest] + pathInfo + (route.methods === null ? '' : `, method ${route.methods.join(',')}`)
  );
}

function whyItLoses(rival: Rival, winner: Route, method: string): string {
  if (rival.fit === 0) return `it takes only ${rival.route.methods?.join(',')}, not ${method}`;
  const samePath = rival.route.path === winner.path;
  return samePath && rival.route.methods === null ? 'it names no method' : 'less specific';
}
