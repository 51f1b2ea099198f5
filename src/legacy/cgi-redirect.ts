import { normalisePath, type RequestTarget } from '../exchange/path.ts';
import type { LegacyRequest } from './transport.ts';

/** What is answered now: what was asked for, or what a script has redirected to. */
export interface Asked {
  readonly method: string;
  readonly target: RequestTarget;
  readonly body: LegacyRequest['body'];
  readonly lengthBytes: number;
  readonly redirected: readonly string[] | null;
  /** Fields that the scripts before have printed. */
  readonly headers: readonly string[];
}

/** What is asked in place of a script's answer: a GET without a body, whatever it was before. */
export function redirect(
  asked: Asked,
  to: string,
  redirected: readonly string[],
  headers: readonly string[] = asked.headers,
): Asked {
  return {
    method: asked.method === 'HEAD' ? 'HEAD' : 'GET',
    target: normalisePath(to),
    body: null,
    lengthBytes: 0,
    redirected,
    headers,
  };
}

/** The page of a script that names another address and says nothing else. */
export function movedPage(location: string): Buffer {
  const link = location.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return Buffer.from(
    `<!DOCTYPE html>\n<title>Found</title>\n<p>The page is <a href="${link}">here</a>.</p>\n`,
    'latin1',
  );
}
