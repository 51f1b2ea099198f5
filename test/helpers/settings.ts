import { resolve } from 'node:path';
import type { Disk } from '../../src/config/disk.ts';
import type { Finding } from '../../src/config/findings.ts';
import { type Reading, readSettings } from '../../src/config/read.ts';
import type { Settings } from '../../src/config/settings.ts';
import { printFindings } from '../../src/cli/print-findings.ts';

/** A disk that holds only the named files, relative to the folder of the test run. */
export function diskWith(...files: string[]): Disk {
  const paths = new Set(files.map((file) => resolve(file)));
  return {
    fileExists: (path) => paths.has(path),
    isFolder: (path) => [...paths].some((each) => each.startsWith(`${path}/`)),
    listDirectory: (path) =>
      [...paths].filter((each) => resolve(each, '..') === path).map((each) => each.slice(path.length + 1)),
    readText: (path) => (paths.has(path) ? 'export default definePort();' : null),
  };
}

/** What a test may set besides the text. */
export interface ReadHelp {
  readonly env?: Record<string, string>;
  readonly disk?: Disk;
  readonly mustBeComplete?: boolean;
}

/** Reads a text as routes.yaml. */
export function read(text: string, help: ReadHelp = {}): Reading {
  const { mustBeComplete = false, disk = diskWith('ports/view.ts', 'ports/cart-add.ts') } = help;
  return readSettings('routes.yaml', text, help.env ?? {}, 1, { mustBeComplete, disk });
}

/** The settings of a text that must be without errors. */
export function settingsOf(text: string, help: ReadHelp = {}): Settings {
  const { settings, findings } = read(text, help);
  if (settings === null) throw new Error(`the text has errors:\n${printFindings(findings)}`);
  return settings;
}

/** The findings of a text in short: `line:column code`. */
export function codes(findings: readonly Finding[]): string[] {
  return findings.map((finding) => `${finding.line}:${finding.column} ${finding.code}`);
}

/** Everything that is wrong with a text, as the command line prints it. */
export function complaints(text: string, help: ReadHelp = {}): string {
  return printFindings(read(text, help).findings);
}
