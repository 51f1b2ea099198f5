import { pathToFileURL } from 'node:url';
import { Problem, asProblem } from '../errors.ts';
import type { Port } from './define.ts';

const loaded = new Map<string, Promise<Port>>();
/** Failed attempts by file: Node keeps a module that threw, so the next attempt has to ask under another name. */
const failures = new Map<string, number>();

/**
 * The port that a file declares, imported once. Rejects with Problem PORT_MISSING where the file cannot be imported or
 * declares none; the message says which file and why.
 */
export function loadPort(file: string): Promise<Port> {
  let port = loaded.get(file);
  if (port === undefined) {
    port = importPort(file);
    loaded.set(file, port);
    port.catch(() => {
      loaded.delete(file); // the next request may find it mended
      failures.set(file, (failures.get(file) ?? 0) + 1);
    });
  }
  return port;
}

async function importPort(file: string): Promise<Port> {
  let module: { default?: unknown };
  try {
    const attempt = failures.get(file) ?? 0;
    const { href } = pathToFileURL(file);
    module = (await import(attempt === 0 ? href : `${href}?attempt=${attempt}`)) as { default?: unknown };
  } catch (thrown) {
    throw new Problem(
      'PORT_MISSING',
      `${file} cannot be imported: ${asProblem(thrown, 'PORT_MISSING').message}`,
      thrown,
    );
  }
  if (!isPort(module.default)) {
    throw new Problem('PORT_MISSING', `${file} has no port: it must say "export default definePort(…)"`);
  }
  return module.default;
}

function isPort(candidate: unknown): candidate is Port {
  return (
    typeof candidate === 'object' && candidate !== null && typeof (candidate as Port).handler === 'function'
  );
}
