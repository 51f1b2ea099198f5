import { createHash } from 'node:crypto';

/** What a text of routes.yaml is known by, in the journal and to the gateway: the first 12 digits of its SHA-256. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
