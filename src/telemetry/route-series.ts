import type { Registry } from 'prom-client';
import { problemCodes, Problem } from '../errors.ts';
import type { Side } from '../exchange/outcome.ts';
import type { SideRecord } from '../record.ts';
import type { Route, Stage } from '../routing/route.ts';
import type { Families } from './families.ts';
import type { Tallies } from './tally.ts';

/** The series of the routes that serve, kept as their table changes. Both are taken in steps: there may be many. */
export interface RouteSeries {
  /** Declares what there will be to count of routes that are new; before they serve. */
  declare(routes: readonly Route[]): Generator<void, void>;
  /** Says how the routes are set that serve now, and forgets those that are gone. */
  show(routes: readonly Route[]): Generator<void, void>;
}

const stageNumbers: Record<Stage, number> = { legacy: 0, shadow: 1, split: 2, port: 3, retired: 4 };
const results: readonly SideRecord['result'][] = [
  'ok',
  'client_error',
  'server_error',
  'timeout',
  'exception',
];
const fallbackReasons = problemCodes.filter((code) => new Problem(code, '').mayFallBack);
const conflicts = ['lost_update', 'outside_writer', 'deleted'];
/** What a request without a turn may be seen to do to a session. */
export const unturned: readonly string[] = ['changed', 'touched', 'removed'];

/**
 * So many routes are declared: a route has about a hundred series, and 10,000 of them would be a page of 80 MB that takes
 * two seconds to write. The series of the others begin with their first request.
 */
const mostDeclared = 1_000;

/** Keeps the series of routes. Everything is declared at 0 before it happens: a counter born at 1 is invisible to increase(). */
export function makeRouteSeries(m: Families, registry: Registry, tallies: Tallies): RouteSeries {
  /** The sides that are declared of a route. */
  const declared = new Map<string, readonly Side[]>();
  const shown = new Map<string, Route>();
  return {
    *declare(routes) {
      const names = namesOf(routes);
      for (const name of declared.keys()) if (!names.has(name)) declared.delete(name);
      for (const route of routes) {
        const before = declared.get(route.name);
        // A route that has served may have been counted: its series are there, and declaring would set them back to 0.
        const isNew = before === undefined && !shown.has(route.name) && declared.size < mostDeclared;
        if (isNew) declareRoute(m, route);
        if (isNew || before !== undefined) declared.set(route.name, declareSides(m, route, before ?? []));
        yield;
      }
      tallies.forget();
    },
    *show(routes) {
      const names = namesOf(routes);
      for (const route of routes) {
        showRoute(m, route, shown.get(route.name));
        shown.set(route.name, route);
        yield;
      }
      const gone = [...shown.keys()].filter((name) => !names.has(name));
      for (const name of gone) shown.delete(name);
      if (gone.length === 0) return;
      yield* forget(registry, names);
      tallies.forget();
    },
  };
}

function namesOf(routes: readonly Route[]): Set<string> {
  return new Set(routes.map(({ name }) => name));
}

function declareRoute(m: Families, { name: route, session }: Route): void {
  m.lockTimeouts.inc({ route }, 0);
  m.overlaps.inc({ route }, 0);
  if (session === 'write') for (const kind of conflicts) m.conflicts.inc({ route, kind }, 0);
  else for (const kind of unturned) m.unturned.inc({ route, kind }, 0);
}

/** Declares the sides that a route has and that are not declared yet; gives all that are. */
function declareSides(m: Families, { name: route, port }: Route, before: readonly Side[]): readonly Side[] {
  const after: readonly Side[] = port === null ? ['legacy'] : ['legacy', 'port'];
  const added = after.filter((side) => !before.includes(side));
  for (const side of added) {
    for (const code of ['200', '302', '404', '500']) m.requests.inc({ route, side, code }, 0);
    m.duration.zero({ route, side });
    m.sideDuration.zero({ route, side, role: 'serve' });
    for (const result of results) m.sideResults.inc({ route, side, role: 'serve', result }, 0);
  }
  if (added.includes('port')) for (const reason of fallbackReasons) m.fallbacks.inc({ route, reason }, 0);
  return [...before, ...added];
}

function showRoute(m: Families, { name: route, target, session }: Route, before: Route | undefined): void {
  m.stage.set({ route }, stageNumbers[target.stage]);
  m.portRatio.set({ route }, target.portPercent / 100);
  if (before !== undefined && before.session !== session) m.info.remove({ route, session: before.session });
  m.info.set({ route, session }, 1);
}

/** What prom-client 15 keeps of a metric, which its types do not say. Its `get()` would copy all of it. */
interface Kept {
  readonly hashMap: Readonly<Record<string, { readonly labels: Partial<Record<string, string>> }>>;
  remove(labels: Partial<Record<string, string>>): void;
}

/** Removes every series of a route that is not among these. */
function* forget(registry: Registry, names: ReadonlySet<string>): Generator<void, void> {
  for (const metric of registry.getMetricsAsArray() as unknown as Kept[]) {
    for (const { labels } of Object.values(metric.hashMap)) {
      if (labels['route'] !== undefined && !names.has(labels['route'])) metric.remove(labels);
      yield;
    }
  }
}
