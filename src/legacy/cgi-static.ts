import { Readable } from 'node:stream';
import { stat } from 'node:fs/promises';
import send from '@fastify/send';
import type { RawHeaders } from '../exchange/headers.ts';
import type { RequestTarget } from '../exchange/path.ts';
import type { CgiSite } from './cgi-environment.ts';
import { isWithin, onDisk } from './cgi-find.ts';

/** An answer that needs no script. */
export interface StaticAnswer {
  readonly status: number;
  readonly headers: string[];
  readonly body: Readable | null;
  /** A path of this server that is the index of the folder that was asked for, or null. */
  readonly instead: string | null;
}

/**
 * Answers with a file of the document root: type, ranges, conditions and index files as a web server has them. Types come
 * without a charset, as Apache's do: pages of 2003 say theirs themselves, and it is
 * seldom UTF-8; `charset` is for sites that have told Apache theirs (AddCharset).
 */
export async function staticAnswer(
  method: string,
  target: RequestTarget,
  headers: RawHeaders,
  { site, index, charset }: { site: CgiSite; index: readonly string[]; charset: string | null },
): Promise<StaticAnswer> {
  if (!['GET', 'HEAD', 'POST'].includes(method)) return plainAnswer(405, ['Allow', 'GET, HEAD, POST']);
  const { documentRoot } = site;
  if (documentRoot === null) return plainAnswer(404);
  const file = documentRoot + target.decoded;
  const found = await stat(onDisk(file)).catch(() => null);
  if (found === null || isHidden(target.decoded)) return plainAnswer(404);
  if (!(await isWithin(file, documentRoot))) return plainAnswer(403);
  if (found.isFile())
    return target.decoded.endsWith('/')
      ? plainAnswer(404)
      : fileAnswer(method, target.path, headers, documentRoot, charset, found.size);
  if (!found.isDirectory()) return plainAnswer(403);
  if (!target.decoded.endsWith('/')) return plainAnswer(301, ['Location', withSlash(target)]);
  for (const name of index) {
    if (name.startsWith('/')) return { status: 200, headers: [], body: null, instead: name };
    const page = await stat(onDisk(file + name)).catch(() => null);
    if (page?.isFile() === true && (await isWithin(file + name, documentRoot)))
      return fileAnswer(
        method,
        target.path + encodeURIComponent(name),
        headers,
        documentRoot,
        charset,
        page.size,
      );
  }
  return plainAnswer(403);
}

/** Where a folder is to be asked for: links on its page start there. */
export function withSlash({ path, query }: RequestTarget): string {
  return query === '' ? `${path}/` : `${path}/?${query}`;
}

/** A page of our own for an answer that has none; the words are the status's only. */
export function plainAnswer(status: number, headers: string[] = []): StaticAnswer {
  const words: Record<number, string> = {
    301: 'The page has moved.',
    403: 'This page is not for you.',
    404: 'There is no such page.',
    405: 'This method is not served here.',
    412: 'This page is there already.',
  };
  const page = `<!DOCTYPE html>\n<title>${status}</title>\n<p>${words[status] ?? ''}</p>\n`;
  const all = [...headers, 'Content-Type', 'text/html', 'Content-Length', String(page.length)];
  return { status, headers: all, body: Readable.from([Buffer.from(page)]), instead: null };
}

/** `.htaccess`, `.git` and their like are nobody's pages. */
function isHidden(path: string): boolean {
  return /\/\./.test(path);
}

async function fileAnswer(
  method: string,
  path: string,
  headers: RawHeaders,
  documentRoot: string,
  charset: string | null,
  sizeBytes: number,
): Promise<StaticAnswer> {
  const asked: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2)
    asked[(headers[i] as string).toLowerCase()] = headers[i + 1] as string;
  // Apache takes no part of nothing, and no blank before the first number (asked).
  if (sizeBytes === 0 || /^bytes=\s/i.test(asked['range'] ?? '')) delete asked['range'];
  // Only a page that is looked at can be one that the visitor has (RFC 9110 section 13.1.3; 13.1.2 says 412 of the others).
  if (method === 'POST') delete asked['if-modified-since'];
  const request = Object.assign(Readable.from([]), {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    headers: asked,
  });
  const root = onDisk(documentRoot).toString('utf8');
  const {
    statusCode,
    headers: said,
    stream,
  } = await send(request, path, {
    root,
    index: false,
    cacheControl: false,
    contentType: false,
    dotfiles: 'ignore',
  });
  if (method === 'POST' && statusCode === 304) return plainAnswer(412);
  const type = send.mime.getType(path);
  const fields = Object.entries(said as Record<string, string>).flat();
  const isPage = statusCode === 200 || statusCode === 206;
  if (isPage && type !== null && !('Content-Type' in said)) {
    fields.push(
      'Content-Type',
      type === 'text/html' && charset !== null ? `${type}; charset=${charset}` : type,
    );
  }
  return { status: statusCode, headers: fields, body: stream, instead: null };
}
