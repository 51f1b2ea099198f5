import { styleText } from 'node:util';
import type { Against } from './against.ts';
import type { Coverage } from './coverage.ts';
import { columns, harmless } from './print.ts';

/** Rows of each list that are printed; `--json` has more of them. */
const mostRows = 20;
const mostScripts = 10;

/** What a log says about the routes, for people: what each got, what no route names, and what was never asked for. */
export function coverageText({ logs, unreadable, coverage }: Against): string {
  const { requests, refused, unread, neverSeen } = coverage;
  const where = logs.length === 1 ? 'the log' : `${logs.length} logs`;
  const parts = [
    `${many(requests, 'request')} in ${where}`,
    ...(unreadable === 0 ? [] : [`${many(unreadable, 'line')} without one`]),
    ...(refused === 0 ? [] : [`${sayCount(refused)} that the gateway refuses, whatever the routes`]),
  ];
  const unseen = neverSeen.length === 0 ? '' : `never asked for: ${someOf(neverSeen)}\n`;
  return `${parts.join(', ')}\n${routeRows(coverage)}${unnamedRows(coverage)}${pathInfoRows(coverage)}${unreadLine(unread)}${unseen}`;
}

/** A count with its thousands apart. */
export function sayCount(count: number): string {
  return count.toLocaleString('en');
}

function routeRows({ routes, requests }: Coverage): string {
  const met = routes.filter((route) => route.requests > 0);
  if (met.length === 0) return '';
  const rows = met
    .slice(0, mostRows)
    .map((route) => [route.name, sayCount(route.requests), percent(route.requests, requests)]);
  return `${columns([['ROUTE', 'REQUESTS', 'SHARE'], ...rows])}${andMore(met.length - rows.length)}\n`;
}

function unnamedRows({ unnamed, requests, rest }: Coverage): string {
  if (unnamed.requests === 0) return '';
  const shown = unnamed.scripts.slice(0, mostScripts);
  const where = rest === null ? 'no route' : `only "${rest}"`;
  const head = `${percent(unnamed.requests, requests)} of the requests meet ${where}:\n`;
  const rows = shown.map(({ method, path, requests: count, near }) => [
    ` ${sayCount(count)}`,
    `${method} ${path}`,
    near.length === 0 ? '' : `near it: ${near.slice(0, 3).map(quoted).join(', ')}`,
  ]);
  const listed = shown.reduce((sum, { requests: count }) => sum + count, 0);
  const others = unnamed.requests - unnamed.notFound - listed;
  const sums = [
    [others, 'to others'],
    [unnamed.notFound, 'answered with 404'],
  ] as const;
  const added = sums.filter(([count]) => count > 0).map(([count, what]) => [` ${sayCount(count)}`, what, '']);
  return `${yellow(head)}${columns([...rows, ...added])}\n`;
}

function pathInfoRows({ pathInfo }: Coverage): string {
  if (pathInfo.length === 0) return '';
  const rows = pathInfo
    .slice(0, mostRows)
    .map(({ key, requests, example }) => [` ${sayCount(requests)}`, quoted(key), `such as ${example}`]);
  return `with PATH_INFO, which these routes take too (a $ behind the script refuses it):\n${columns(rows)}${andMore(pathInfo.length - rows.length)}\n`;
}

function unreadLine({ requests, routes }: Coverage['unread']): string {
  if (requests === 0) return '';
  return `not counted: ${many(requests, 'request')} that only parameters in the body tell apart, which no log holds; perhaps for ${someOf(routes)}\n`;
}

function someOf(names: readonly string[]): string {
  const more = names.length - mostRows;
  return names.slice(0, mostRows).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function andMore(count: number): string {
  return count > 0 ? `and ${count} more; --json has them\n` : '';
}

function percent(part: number, whole: number): string {
  return `${((part / Math.max(1, whole)) * 100).toFixed(1)}%`;
}

function many(count: number, word: string): string {
  return `${sayCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

function quoted(text: string): string {
  return `"${harmless(text)}"`;
}

function yellow(text: string): string {
  return styleText('yellow', text, { stream: process.stdout });
}
