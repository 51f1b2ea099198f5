import { lookAt } from '../config/commit.ts';
import type { JournalEntry, RouteChange } from '../config/journal.ts';
import { maskSecrets } from '../config/mask.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { columns, harmless, note, print, printJson } from './print.ts';

/** What of the journal to show. */
export interface HistoryOptions {
  /** Only what changed this route: its name or its key. */
  readonly route?: string | undefined;
  /** How many, the newest first. */
  readonly limit: number;
  readonly json?: boolean;
}

/** `banyan history`: who changed the file, when, why, and what. Works where the file has errors. */
export async function history(file: string, { route, limit, json }: HistoryOptions): Promise<ExitCode> {
  const { entries, recorded } = await lookAt(file).catch((error: Error) => {
    throw new Failure(exitCodes.findings, error.message, 'name the file, or set BANYAN_ROUTES', error);
  });
  const wanted = entries.filter(
    (entry) => route === undefined || entry.routes.some((each) => isRoute(each, route)),
  );
  if (route !== undefined && recorded > 0 && wanted.length === 0)
    throw new Failure(
      exitCodes.usage,
      `the journal knows no change of "${harmless(route)}"`,
      'see "banyan history"',
    );
  const shown = recorded === 0 ? [] : wanted.slice(-limit).toReversed();
  if (recorded === 0) note('nothing was changed with banyan yet\n');
  if (json === true) printJson({ file, revisions: shown.map(forMachines) });
  else if (shown.length > 0) {
    const rows = shown.map((entry) => [
      String(entry.rev),
      clock(entry.at),
      entry.who,
      entry.verb,
      whatChanged(entry, route),
      why(entry),
    ]);
    print(columns([['REV', 'UTC', 'WHO', 'VERB', 'CHANGE', 'WHY'], ...rows]));
  }
  return exitCodes.ok;
}

function isRoute({ key, name }: RouteChange, word: string): boolean {
  return key === word || name === word;
}

/** Everything but the text itself, which may hold a password. */
function forMachines({ rev, at, who, why: reason, verb, routes, before, after }: JournalEntry): object {
  const safe = routes.map(({ before: was, after: is, ...route }) => ({
    ...route,
    before: was === null ? null : maskSecrets(was),
    after: is === null ? null : maskSecrets(is),
  }));
  return {
    rev,
    at,
    who,
    why: reason === null ? null : maskSecrets(reason),
    verb,
    routes: safe,
    before,
    after,
  };
}

function clock(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

function why(entry: JournalEntry): string {
  return maskSecrets(entry.why ?? '');
}

const mostRoutes = 2;

function whatChanged(entry: JournalEntry, route: string | undefined): string {
  if (entry.verb === 'found') return 'the journal begins';
  const routes = route === undefined ? entry.routes : entry.routes.filter((each) => isRoute(each, route));
  if (routes.length === 0) return linesChanged(entry);
  const said = routes.slice(0, mostRoutes).map(({ name, before, after }) => {
    if (before === after) return `${name}: its settings`;
    return `${name}: ${before ?? '(new)'} → ${after ?? '(gone)'}`;
  });
  const more = routes.length - said.length;
  return maskSecrets([...said, ...(more > 0 ? [`and ${more} more`] : [])].join(', '));
}

function linesChanged({ hunk }: JournalEntry): string {
  const lines = hunk === null ? 0 : Math.max(hunk.removed.length, hunk.added.length);
  return lines === 0 ? 'other lines' : `${lines} other ${lines === 1 ? 'line' : 'lines'}`;
}
