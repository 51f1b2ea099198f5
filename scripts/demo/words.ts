import { pathToFileURL } from 'node:url';
import { repository } from '../shop/shop.ts';

/** One thing that dev says, and in which colour. */
export interface Said {
  readonly style: 'red' | 'green' | 'yellow' | 'cyan';
  readonly text: string;
}

/** A line of the gateway's log: what of it is of use here, where it has it. */
export interface Line {
  readonly msg: string;
  readonly detail?: string;
  readonly reason?: string;
  readonly from?: string;
  readonly route?: string;
  readonly method?: string;
  readonly path?: string;
  readonly side?: string;
  readonly fallback?: string;
  readonly fallbackDetail?: string;
  readonly status?: number;
  readonly elapsedMs?: number;
  readonly revision?: number;
  readonly changes?: readonly string[];
  readonly findings?: readonly { readonly line: number; readonly column: number; readonly message: string }[];
}

/** What there is to say of a line of the gateway's log to who writes a port; null of most. */
export function wordsOf(line: Line): Said | null {
  const detail = shown(line.detail ?? '');
  if (line.from === 'port') return { style: 'cyan', text: `  ${line.route ?? ''}: ${shown(line.msg)}` };
  switch (line.msg) {
    case 'exchange':
      return wordsOfExchange(line);
    case 'port host swapped':
      return { style: 'green', text: '✔ the ports have been read again, and serve' };
    case 'port host refused':
      return { style: 'red', text: `✖ not taken, the one before serves on: ${detail}` };
    case 'port host stuck':
      return { style: 'red', text: `✖ a port is in a loop: ${detail}` };
    case 'port host ended': // as each does that a newer one has replaced
      return detail === 'exit code 0' ? null : { style: 'red', text: `✖ port host ended: ${detail}` };
    case 'the port host did not start':
      return { style: 'red', text: `✖ the port host did not start: ${shown(line.reason ?? '')}` };
    case 'routes.yaml taken over':
      return wordsOfRoutes(line);
    case 'routes.yaml was refused; the last good one serves on':
      return { style: 'red', text: `✖ ${line.msg}${findingsOf(line)}` };
    case 'routes.yaml is again the one that runs':
      return { style: 'green', text: `✔ ${line.msg}` };
    default:
      return null;
  }
}

function wordsOfExchange(line: Line): Said | null {
  const what = `${line.method} ${line.path} ${line.status} ${line.elapsedMs} ms`;
  if (line.fallback !== undefined) {
    const why = shown(line.fallbackDetail ?? '')
      .split('\n', 6)
      .join('\n    ');
    return {
      style: 'yellow',
      text: `▲ ${what}: legacy instead of the port: ${line.fallback}\n    ${why}`,
    };
  }
  return line.side === 'port' ? { style: 'green', text: `  ${what} port` } : null;
}

function wordsOfRoutes(line: Line): Said | null {
  if (line.revision === 1) return null; // the gateway has started
  const changes = line.changes ?? [];
  const which = changes.length === 0 ? 'no route has changed' : changes.join(', ');
  return { style: 'green', text: `✔ routes.yaml has been read again: ${which}` };
}

function findingsOf({ findings = [] }: Line): string {
  return findings.map(({ line, column, message }) => `\n    ${line}:${column} ${message}`).join('');
}

/** A text with the paths of this checkout as they are typed in it: ports/cart.ts:13:30. */
export function shown(text: string): string {
  return text.replaceAll(pathToFileURL(repository).href, '').replaceAll(repository, '');
}

/**
 * What a compiler that watches says of ports, each state of things once: it compiles anew for each of the writes that
 * saving one file may be, and repeats what it has said.
 */
export class CompilerWords {
  #errors: string[] = [];
  #saidBefore = '';

  /** Takes a line of the compiler's, and returns what is to be said now. */
  take(line: string): Said[] {
    if (/^(?:test\/)?ports\/.*error TS/.test(line)) this.#errors.push(`✖ ${line}`);
    if (!/Found \d+ errors?\. Watching/.test(line)) return [];
    const [errors, before] = [this.#errors, this.#saidBefore];
    this.#errors = [];
    this.#saidBefore = errors.join('\n');
    if (this.#saidBefore === before) return [];
    if (errors.length > 0) return errors.map((text) => ({ style: 'red', text }));
    return [{ style: 'green', text: '✔ the compiler has nothing to say any more' }];
  }
}
