import { type Finding, makeFinding } from '../config/findings.ts';
import type { Settings } from '../config/settings.ts';
import type { Advice } from '../session/advice.ts';

/** A gateway that runs answers at once; where none does, nobody shall wait for it. */
const patienceMs = 500;

/**
 * What the gateway that runs on a file has seen its routes do to sessions, as warnings at the lines of the routes.
 * Nothing where no gateway answers. Never rejects.
 */
export async function adviceOf({ admin, file, text, table }: Settings): Promise<Finding[]> {
  const host = admin.host.includes(':') ? `[${admin.host}]` : admin.host;
  const lines = text.split(/\r?\n/);
  const advice = await ask(`http://${host}:${admin.tcpPort}/advice`);
  return advice.flatMap(({ code, message, help, habit }) => {
    const route = table.routes.find(({ name }) => name === habit.route);
    if (route === undefined || route.session !== habit.use) return []; // the file has changed meanwhile
    const line = lines[route.line - 1] ?? '';
    const from = Math.max(0, line.search(/\S/));
    return makeFinding({
      code,
      severity: 'warning',
      message,
      help,
      file,
      line: route.line,
      text: line,
      from,
      length: route.key.length,
    });
  });
}

async function ask(url: string): Promise<readonly Advice[]> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    const { schema, advice } = (await answer.json()) as { schema?: unknown; advice?: readonly Advice[] };
    return answer.ok && schema === 1 && Array.isArray(advice) ? advice : [];
  } catch {
    return [];
  }
}
