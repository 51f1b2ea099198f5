import { createHash } from 'node:crypto';
import { RawClient, type Came } from './raw-client.ts';
import { NotStrict } from './strict-http.ts';
import type { Way } from './ways.ts';

/** What is asked: the bytes as they are given to the system, piece by piece. */
export interface AskedBytes {
  readonly method: string;
  readonly target: string;
  readonly pieces: readonly string[];
}

/** Fields that speak of the connection or the moment, or of the server that says them. */
const ofTheWay = new Set(['date', 'server', 'connection', 'keep-alive', 'transfer-encoding']);

/** Asks over a connection of its own, and tells what came in lines: the status, the reason, each field, and what `read`
 * makes of the body. */
export async function seenBy(
  way: Pick<Way, 'url'>,
  { method, target, pieces }: AskedBytes,
  read: (body: string) => string[],
): Promise<string[]> {
  const client = await RawClient.to(way.url);
  try {
    await Promise.race([client.write(...pieces), client.over()]);
    const lines = linesOf(await client.answer(method), read);
    // Apache says the length of a script's answer when it happens to have all of it at once.
    return target.startsWith('/cgi-bin')
      ? lines.filter((line) => !/^field content-length:/i.test(line))
      : lines;
  } catch (error) {
    if (!(error instanceof NotStrict)) throw error;
    return [`no HTTP: ${error.message}`];
  } finally {
    client.close();
  }
}

function linesOf(came: Came, read: (body: string) => string[]): string[] {
  if (came.kind !== 'whole') return [came.kind, ...(came.kind === 'cut' ? [`status ${came.status}`] : [])];
  const { startLine, fields, body } = came.message;
  const counts = new Map<string, number>();
  const said = fields.flatMap((name, i) => {
    if (i % 2 === 1 || ofTheWay.has(name.toLowerCase())) return [];
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return [`field ${name}${count > 1 ? ` (${count})` : ''}: ${fields[i + 1]}`];
  });
  const [, status, reason] = /^\S+ (\d+) ?(.*)$/.exec(startLine) ?? [];
  return [`status ${status}`, `reason ${reason}`, ...said, ...read(body)];
}

/** A body in one line: its length, its hash, and how it begins and ends. */
export function inOneLine(body: string): string[] {
  const hash = createHash('md5').update(body, 'latin1').digest('hex');
  const beginning = JSON.stringify(body.length > 300 ? `${body.slice(0, 200)}…${body.slice(-80)}` : body);
  return [body === '' ? 'no body' : `body ${body.length} ${hash} ${beginning}`];
}

/** What stands only in one of two lists of lines: `- ` before those of the first, `+ ` before those of the second. */
export function differenceOf(first: readonly string[], second: readonly string[]): string[] {
  const left = [...second];
  const only = first.filter((line) => {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  return [...only.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}

/** The lines with the numbers of TCP ports, which differ by their nature, as one word. */
export function withoutTcpPorts(lines: readonly string[], ways: readonly Way[]): string[] {
  const ports = new RegExp(`\\b(?:${ways.map(({ url }) => new URL(url).port).join('|')})\\b`, 'g');
  return lines.map((line) => line.replace(ports, 'TCPPORT'));
}
