import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Problem, asProblem } from '../errors.ts';
import type { Port } from './define.ts';
import { fileState } from './file-state.ts';
import type { LoadedPorts } from './host-words.ts';

const ports = new Map<string, Promise<Port>>();
const broken = new Map<string, string>();
const modules = new Map<string, string>();
/** Files of ours, and of libraries: they change with an installation, which ends in a restart. */
const notOfPorts = [new URL('../', import.meta.url).href, '/node_modules/'];

let tellOf: (loaded: LoadedPorts) => void = () => undefined;

/** What ports import as `banyan`: this very copy, wherever their files are, or its `Html` would be none of ours. */
const ownIndex = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url)
  .href;

/** Notes the files of ports and of what they import, and tells of all whenever there are more. To be called once. */
export function noteModules(onLoaded: (loaded: LoadedPorts) => void): void {
  tellOf = onLoaded;
  registerHooks({
    resolve: (name, context, next) =>
      name === 'banyan' ? { url: ownIndex, shortCircuit: true } : next(name, context),
    load: (url, context, next) => {
      if (url.startsWith('file:') && !notOfPorts.some((part) => url.includes(part)))
        noteFile(fileURLToPath(url));
      return next(url, context);
    },
  });
}

/**
 * The port that a file declares, imported once: whoever changes it is given a new process. Rejects with Problem
 * PORT_MISSING where the file cannot be imported or declares none; the message says which file, which line, and why.
 */
export function loadPort(file: string): Promise<Port> {
  if (!ports.has(file)) void loadPorts([file]);
  return loadOnce(file);
}

/** Loads several ports, and tells of them once. Never rejects: which of them are broken is told. */
export async function loadPorts(files: readonly string[]): Promise<void> {
  await Promise.allSettled(files.map(loadOnce));
  tellOf({ modules: [...modules], broken: [...broken].map(([file, reason]) => ({ file, reason })) });
}

function loadOnce(file: string): Promise<Port> {
  const known = ports.get(file);
  if (known !== undefined) return known;
  noteFile(file);
  const port = importPort(file);
  ports.set(file, port);
  port.catch((problem: Problem) => broken.set(file, problem.message));
  return port;
}

/** What it is like before it is read: a change that comes meanwhile is one that was not read. */
function noteFile(file: string): void {
  if (!modules.has(file)) modules.set(file, fileState(file));
}

async function importPort(file: string): Promise<Port> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (thrown) {
    const detail = `${file} cannot be imported: ${reasonOf(thrown)}`;
    throw new Problem('PORT_MISSING', detail, thrown);
  }
  if (!isPort(module.default)) {
    throw new Problem('PORT_MISSING', `${file} has no port: it must say "export default definePort(…)"`);
  }
  return module.default;
}

/** What is wrong, and in which line: Node has that in the first line of the stack, or in the first step. */
function reasonOf(thrown: unknown): string {
  const { message } = asProblem(thrown, 'PORT_MISSING');
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const place =
    /^(?:file:\/\/)?(\/.*:\d+)$/m.exec(stack)?.[1] ?? /\bat (?:.*\()?file:\/\/(\/.*?:\d+)/.exec(stack)?.[1];
  return place === undefined ? message : `${message} (${place})`;
}

function isPort(candidate: unknown): candidate is Port {
  return (
    typeof candidate === 'object' && candidate !== null && typeof (candidate as Port).handler === 'function'
  );
}
