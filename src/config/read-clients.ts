import type { ClientLimits } from '../exchange/client-limits.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, type Section, subsectionOf, valueOf } from './fields.ts';
import { parseCount } from './read-parts.ts';
import { parseSize } from './size.ts';

/** Reads `clients`: what each client may do, and all of them together. */
export function readClients(desk: Desk, file: Section): ClientLimits | null {
  const section = subsectionOf(desk, file, 'clients', 'clients', ' in "clients"') ?? {
    name: 'clients',
    at: file.at,
    fields: new Map(),
  };
  const read = <T>(key: string, parse: (text: string) => T): T | null =>
    readAs(desk, valueOf(desk, section, key), key, parse);
  const time = (key: string): number | null => read(key, (text) => parseDuration(text, key));
  const headBytes = read('head', (text) => parseSize(text, 'head', '1kb', '48kb'));
  const cookieBytes = read('cookies', (text) => parseSize(text, 'cookies', '100b', '48kb'));
  const uploadBytes = read('upload', (text) => parseSize(text, 'upload', '1kb', '100000gb'));
  const connections = read('connections', (text) => parseCount(text, 'connections', 100_000));
  const [headMs, stallMs, idleMs] = [time('head-time'), time('stall'), time('idle')];
  if (headBytes === null || cookieBytes === null || connections === null) return null;
  if (headMs === null || stallMs === null || idleMs === null) return null;
  return { headBytes, cookieBytes, uploadBytes, connections, headMs, stallMs, idleMs };
}
