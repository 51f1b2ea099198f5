import { commandLineQuery } from './command-words.ts';
import { joinedValue, type RawHeaders } from './headers.ts';
import { Intake } from './intake.ts';
import { DeadlyForm, readParts } from './multipart.ts';
import { partFile, partName } from './part-header.ts';
import { readUrlencoded, textPairs, type PairReader } from './urlencoded.ts';
import { readRelated, readXml, relatedIn } from './xforms.ts';

/** What CGI.pm looks at before it reads a body. */
export interface RequestHead {
  readonly method: string;
  /** Raw, without `?`. */
  readonly query: string;
  /** Of several, all: as Apache joins them. */
  readonly contentType: string | null;
  /** The same. Two old browsers write boundaries without hyphens, and CGI.pm believes who says he is one. */
  readonly userAgent?: string | null;
}

/** The head that a CGI script is told of. */
export function requestHead(method: string, query: string, headers: RawHeaders): RequestHead {
  const contentType = joinedValue(headers, 'content-type');
  return { method, query, contentType, userAgent: joinedValue(headers, 'user-agent') };
}

/** Where the parameters of a request stand. */
type Place =
  | { readonly in: 'query' | 'command line' | 'urlencoded body' | 'multipart body' | 'document' | 'data' }
  | { readonly in: 'related body'; readonly boundary: string; readonly start: string };

/** As CGI.pm's init decides it, in its order. */
function placeOf({ method, contentType: type }: RequestHead): Place {
  if (['GET', 'HEAD', 'DELETE'].includes(method)) return { in: 'query' };
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return { in: 'command line' };
  if (type === null) return { in: 'urlencoded body' };
  const isMultipart = type.startsWith('multipart/form-data');
  if (method === 'POST') {
    if (isMultipart) return { in: 'multipart body' };
    if (type === 'application/xml') return { in: 'document' };
    const related = relatedIn(type);
    if (related !== null) return { in: 'related body', ...related };
  }
  // Of a PUT it takes no parts, but the whole as one string.
  if (isMultipart || type.startsWith('application/x-www-form-urlencoded')) return { in: 'urlencoded body' };
  return { in: 'data' };
}

/** Whether a request has its parameters in its body, and not the body as one of them. */
export function hasForm(head: RequestHead): boolean {
  return placeOf(head).in.endsWith(' body');
}

/** Reads the parameters of a request as CGI.pm 4.55 reads them, in its order. Throws DeadlyForm. */
export function* readRequest(head: RequestHead, body: Intake): PairReader {
  const { method, query } = head;
  const place = placeOf(head);
  if (place.in === 'query') yield* textPairs(query);
  else if (place.in === 'command line') yield* textPairs(commandLineQuery(query));
  else if (place.in === 'urlencoded body') yield* readUrlencoded(body);
  else if (place.in === 'multipart body') yield* readFormData(head, body);
  else if (place.in === 'related body')
    yield* readRelated(delimiter(place.boundary, head), place.start, body, query);
  else if (place.in === 'document') yield* readXml(body, query);
  else yield [`${method}DATA`, yield* body.takeUpTo()];
}

function* readFormData(head: RequestHead, body: Intake): PairReader {
  for (const part of partsOf(head, body)) {
    if (part === null) yield null;
    else {
      const file = partFile(part.fields);
      yield [partName(part.fields), file ?? part.value, file !== null];
    }
  }
}

function partsOf(head: RequestHead, body: Intake): ReturnType<typeof readParts> {
  const boundary = /boundary="?([^";,]+)/.exec(head.contentType ?? '')?.[1];
  return readParts(delimiter(boundary, head), body);
}

/** A file that was sent with a form. */
export interface SentFile {
  /** The name of its field. */
  readonly field: string;
  /** What the browser calls it; some say the whole path. '' where that is "0", as CGI.pm has it. */
  readonly name: string;
  /** Its Content-Type, where the browser says one. */
  readonly type: string | null;
  readonly bytes: Buffer;
}

/** The files of a form that has come whole, as CGI.pm's upload() has them; a field where none was chosen has none. */
export function readFiles(head: RequestHead, body: Buffer): SentFile[] {
  if (placeOf(head).in !== 'multipart body') return [];
  const intake = new Intake(Infinity);
  intake.push(body);
  intake.complete();
  const files: SentFile[] = [];
  try {
    for (const part of partsOf(head, intake)) {
      const name = part === null ? null : partFile(part.fields);
      if (part === null || name === null) continue;
      const type = part.fields.get('Content-Type') ?? null;
      files.push({ field: partName(part.fields), name, type, bytes: Buffer.from(part.value, 'latin1') });
    }
  } catch (thrown) {
    if (!(thrown instanceof DeadlyForm)) throw thrown;
    return [];
  }
  return files;
}

/** What stands between parts; null where Perl finds the boundary false, and CGI.pm looks for itself. */
function delimiter(boundary: string | undefined, { userAgent }: RequestHead): string | null {
  if (boundary === undefined || boundary === '0') return null;
  return /MSIE\s+3\.0[12];\s*Mac|DreamPassport/i.test(userAgent ?? '') ? boundary : `--${boundary}`;
}
