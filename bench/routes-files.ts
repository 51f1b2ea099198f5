import { readSettings } from '../src/config/read.ts';
import type { Table } from '../src/routing/table.ts';

/** A way to write many routes, and requests that they take. */
export interface Shape {
  readonly name: string;
  /** The key of a route by its number. */
  readonly key: (n: number) => string;
  /** The decoded path of a request for it, and its query. */
  readonly path: (n: number) => string;
  readonly query?: (n: number) => string;
  /** The same for find-my-way, where it has the like. */
  readonly findMyWay?: (n: number) => string;
}

/** What sites are made of: the worst of each kind is that all routes are of it, and side by side. */
export const shapes: readonly Shape[] = [
  {
    name: 'literal',
    key: (n) => `/cgi-bin/script-${n}.pl`,
    path: (n) => `/cgi-bin/script-${n}.pl`,
    findMyWay: (n) => `/cgi-bin/script-${n}.pl`,
  },
  {
    name: '{name}',
    key: (n) => `/shop-${n}/item/{id}`,
    path: (n) => `/shop-${n}/item/1001`,
    findMyWay: (n) => `/shop-${n}/item/:id`,
  },
  { name: 'glob *', key: (n) => `/r/report-${n}-*.html`, path: (n) => `/r/report-${n}-2003.html` },
  { name: '** below', key: (n) => `/docs-${n}/**`, path: (n) => `/docs-${n}/a/b/c.html` },
  {
    name: '?parameter',
    key: (n) => `/cgi-bin/index.pl?Action=Agent${n}`,
    path: () => '/cgi-bin/index.pl',
    query: (n) => `Action=Agent${n}&TicketID=7`,
  },
];

/** A routes.yaml of so many routes. `target` is that of all but the last one. */
export function routesFile(
  count: number,
  key: (n: number) => string,
  options: { head?: string; target?: string } = {},
): string {
  const { head = 'legacy: http://127.0.0.1:8080', target = 'legacy' } = options;
  const lines = Array.from({ length: count - 1 }, (_, n) => `  ${quoted(key(n))}: ${target}\n`);
  return `${head}\nroutes:\n${lines.join('')}  /**: legacy\n`;
}

/** All shapes in one file: what a large site may look like. */
export function mixedKey(n: number): string {
  return shapes[n % shapes.length]?.key(n) ?? '';
}

/** The table of a text, read and validated as the gateway does. */
export function tableOf(text: string): Table {
  const { settings, findings } = readSettings('routes.yaml', text, {}, 1, {
    mustBeComplete: true,
    mustRun: true,
  });
  if (settings === null) throw new Error(`the file of the bench is wrong: ${findings[0]?.message}`);
  return settings.table;
}

function quoted(key: string): string {
  return /[{*]/.test(key) ? `'${key}'` : key;
}
