import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { RouteWrites } from '../mysql/probe-engines.ts';
import { sqlWords } from '../mysql/sql-words.ts';
import type { TableName } from '../mysql/table-references.ts';
import { writtenTables } from '../mysql/written-tables.ts';
import type { Route } from '../routing/route.ts';
import { importsIn, textsIn } from './port-text.ts';

/**
 * What the ports of these routes write, as their files say and those that they import: statements that are written in them
 * from end to end. Nothing is run. A file that cannot be read writes nothing here.
 */
export async function writtenByPorts(routes: readonly Route[]): Promise<RouteWrites[]> {
  const files = new Map<string, Promise<PortFile>>();
  const readOnce = (path: string): Promise<PortFile> => {
    const file = files.get(path) ?? readPortFile(path);
    files.set(path, file);
    return file;
  };
  const found: RouteWrites[] = [];
  for (const { name, port, target, effects } of routes) {
    if (port === null) continue;
    const isServed = target.stage !== 'legacy' && target.stage !== 'retired';
    found.push({ route: name, isServed, effects, tables: await tablesFrom(port, readOnce) });
  }
  return found;
}

interface PortFile {
  readonly tables: readonly TableName[];
  readonly imports: readonly string[];
}

async function tablesFrom(port: string, read: (path: string) => Promise<PortFile>): Promise<TableName[]> {
  const tables: TableName[] = [];
  const paths = new Set([port]);
  for (const path of paths) {
    const file = await read(path);
    tables.push(...file.tables);
    for (const each of file.imports) paths.add(each); // a Set hands out what is added while it is gone through
  }
  return tables;
}

async function readPortFile(path: string): Promise<PortFile> {
  const source = await readFile(path, 'utf8').catch(() => '');
  return {
    tables: textsIn(source).flatMap((text) => writtenTables(sqlWords(text, true))),
    imports: importsIn(source).map((name) => resolve(dirname(path), name)),
  };
}
