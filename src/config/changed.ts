import { isDeepStrictEqual } from 'node:util';
import type { Route } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import { printTarget } from '../routing/target.ts';
import { makeFinding, type Finding } from './findings.ts';
import type { Settings } from './settings.ts';

/** What a running gateway cannot change, its sockets and its connections, by the key that says it in the file. */
const needRestart: Readonly<Record<string, (settings: Settings) => unknown>> = {
  listen: ({ listen }) => listen,
  workers: ({ workers }) => workers,
  tls: ({ tls }) => tls,
  admin: ({ admin }) => admin,
  legacy: ({ legacy }) => ({ ...legacy, limits: null }),
  ports: ({ ports }) => ports,
  session: ({ session }) => (session === null ? null : { ...session, nested: session.nested.byOrigin }),
  'nested-from': ({ session }) => session?.nested.hosts ?? null,
};

/**
 * What a reload would have to change and cannot, said as findings, so that a file that changes one of them is refused
 * whole, with the reason.
 */
export function changedSettings(now: Settings, next: Settings): Finding[] {
  const keys = Object.keys(needRestart).filter(
    (key) => !isDeepStrictEqual(needRestart[key]?.(now), needRestart[key]?.(next)),
  );
  return keys.map((setting) => {
    // Where nobody says whose requests are nested ones, they are those of the servers of old scripts.
    const key = setting === 'nested-from' && !/^ +nested-from:/m.test(next.text) ? 'upstreams' : setting;
    const lines = next.text.split(/\r?\n/);
    const isNested = key === 'nested-from';
    const index = Math.max(
      0,
      lines.findIndex((line) => (isNested ? line.trimStart() : line).startsWith(`${key}:`)),
    );
    const text = lines[index] ?? '';
    return makeFinding({
      code: 'needs-restart',
      severity: 'error',
      message: `"${key}" was changed, and a running gateway cannot change it`,
      help: 'restart the gateway, or put the old value back; nothing of this file was applied',
      file: next.file,
      line: index + 1,
      text,
      from: text.search(/\S|$/),
      length: key.length,
    });
  });
}

/** What became of the routes from one table to the next, a line for each, in steps: there may be many. */
export function* changedRoutes(now: Table, next: Table): Generator<void, string[]> {
  const lines: string[] = [];
  const left = new Map(now.routes.map((route) => [route.name, route]));
  for (const route of next.routes) {
    const before = left.get(route.name);
    left.delete(route.name);
    const target = printTarget(route.target);
    if (before === undefined) lines.push(`${route.name}: new, ${target}`);
    else if (printTarget(before.target) !== target)
      lines.push(`${route.name}: ${printTarget(before.target)} -> ${target}`);
    else if (!isSame(before, route)) lines.push(`${route.name}: still ${target}, changed otherwise`);
    yield;
  }
  return [
    ...lines,
    ...[...left.values()].map(({ name, target }) => `${name}: ${printTarget(target)} -> gone`),
  ];
}

/** A route that only stands in another line is the same. */
function isSame(one: Route, other: Route): boolean {
  return isDeepStrictEqual({ ...one, line: 0 }, { ...other, line: 0 });
}
