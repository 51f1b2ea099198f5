import { basename, dirname, join, relative, resolve } from 'node:path';
import { isScript, type Pattern } from '../routing/pattern.ts';
import { nearest } from '../routing/nearest.ts';
import type { Target } from '../routing/route.ts';
import type { Desk, Span, Value } from './desk.ts';
import type { Disk } from './disk.ts';

/** What has to be known to find the TypeScript file of a route. */
export interface PortQuestion {
  readonly pattern: Pattern;
  readonly target: Target | null;
  /** The file that the route names itself, or null. */
  readonly named: Value | null;
  /** Where the target stands, to point at. */
  readonly targetAt: Span;
  /** How the route is called in sentences. */
  readonly key: string;
  /** And in metrics, and by a host of ports elsewhere. */
  readonly name: string;
}

/** Where to look. */
export interface PortPlace {
  /** Absolute; relative `port:` values start here. */
  readonly settingsDirectory: string;
  /** Absolute; the folder of `ports:`. */
  readonly portsDirectory: string;
  /** Whether somebody else runs the ports, perhaps in another language: what there is, is not on this disk. */
  readonly areElsewhere: boolean;
  readonly disk: Disk;
}

/** The absolute path of a route's port, or null where it has none. Reports [no-such-port] where one is needed or named. */
export function findPort(desk: Desk, place: PortPlace, asked: PortQuestion): string | null {
  const isNeeded =
    asked.target !== null && asked.target.stage !== 'legacy' && asked.target.stage !== 'retired';
  const guess = defaultFile(asked.pattern) ?? (place.areElsewhere ? `${asked.name}.ts` : null);
  if (asked.named === null && guess === null) {
    if (isNeeded) {
      const message = `"${asked.key}" has no script name that a port could be found by`;
      desk.error('no-such-port', asked.targetAt, message, 'name its file: "port: ./ports/NAME.ts"');
    }
    return null;
  }
  const path =
    asked.named === null
      ? join(place.portsDirectory, guess ?? '')
      : resolve(place.settingsDirectory, asked.named.text);
  if (place.areElsewhere) return path;
  if (place.disk.fileExists(path)) {
    checkHandler(desk, place, path, asked, isNeeded);
    return path;
  }
  if (!isNeeded && asked.named === null) return null;
  const shown = asked.named?.shown ?? shownPath(place, path);
  // To look for a name that is near costs as much as there are files in the folder.
  const help = desk.isFull(isNeeded ? 'error' : 'warning') ? null : helpFor(place, path, asked.named);
  const report = isNeeded ? desk.error : desk.warn;
  report('no-such-port', asked.named?.span ?? asked.targetAt, `${shown} does not exist`, help);
  return null;
}

/** Looks for a default export in the text, without running it: whoever checks a file does not run what it names. */
function checkHandler(
  desk: Desk,
  place: PortPlace,
  path: string,
  { named, targetAt }: PortQuestion,
  isNeeded: boolean,
): void {
  const text = place.disk.readText(path);
  if (text === null || /\bexport\s+default\b|\bas\s+default\b|\bexport\s*\{[^}]*\bdefault\b/.test(text))
    return;
  const report = isNeeded ? desk.error : desk.warn;
  const message = `${named?.shown ?? shownPath(place, path)} exports no port`;
  report('no-handler', named?.span ?? targetAt, message, 'write "export default definePort(…)" in it');
}

/** `view.pl` is ported in `view.ts`; a pattern that ends in anything but a plain name has no file of its own. */
function defaultFile(pattern: Pattern): string | null {
  const last = pattern.segments.at(-1);
  if (last?.kind !== 'literal' || last.text === '' || last.text.startsWith('.')) return null;
  const name = Buffer.from(last.text, 'latin1').toString('utf8');
  return `${isScript(name) ? name.replace(/\.(pl|cgi|py)$/, '') : name}.ts`;
}

function helpFor(place: PortPlace, path: string, named: Value | null): string {
  const folder = dirname(path);
  const near = nearest(
    basename(path),
    place.disk.listDirectory(folder).filter((name) => name.endsWith('.ts')),
  );
  if (near === null)
    return `write the port there, name another file with "port:", or leave the route on legacy`;
  if (named === null) return `did you mean "port: ${shownPath(place, join(folder, near))}"?`;
  return `did you mean ${named.shown.slice(0, -basename(named.shown).length)}${near}?`;
}

function shownPath(place: PortPlace, path: string): string {
  const short = relative(place.settingsDirectory, path);
  return short.startsWith('..') ? short : `./${short}`;
}
