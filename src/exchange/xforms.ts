import type { Intake } from './intake.ts';
import { readParts } from './multipart.ts';
import { isKeywords, textPairs, type Pair, type PairReader } from './urlencoded.ts';

/** The name under which CGI.pm gives the document of an XForm. */
const modelName = 'XForms:Model';

/** What a `multipart/related` content type says of an XForm. */
export interface Related {
  readonly boundary: string;
  /** The Content-ID of the part that is the document. */
  readonly start: string;
}

/**
 * Reads it as CGI.pm's /multipart\/related.+boundary="?([^";,]+)"?.+start="?<?([^">]+)>?"?/ does, backwards, because
 * that takes time to the power of three. Null where it does not match.
 */
export function relatedIn(contentType: string): Related | null {
  const type = contentType.indexOf('multipart/related');
  const [, before = '', start = ''] = /^(.*)start="?<?([^">]+)/.exec(contentType) ?? [];
  const between = before.slice(type + 'multipart/related'.length + 1, -1);
  const boundary = /^.*boundary="?([^";,]+)/.exec(between)?.[1];
  return type === -1 || boundary === undefined ? null : { boundary, start };
}

/** Reads an XForm that is its document alone. */
export function* readXml(intake: Intake, query: string): PairReader {
  yield* xform([], yield* intake.takeUpTo(), query);
}

/**
 * Reads an XForm with files, each under its Content-ID. To CGI.pm the value of such a file is the path of a temporary
 * file; here it is the Content-ID.
 */
export function* readRelated(
  boundary: string | null,
  start: string,
  intake: Intake,
  query: string,
): PairReader {
  const parts = readParts(boundary, intake);
  const files: string[] = [];
  let model: string | null = null;
  let step = parts.next();
  for (; step.done !== true; step = parts.next()) {
    if (step.value === null) yield null;
    else {
      const id = /<([^>]*)>/.exec(step.value.fields.get('Content-ID') ?? '')?.[1] ?? '';
      if (id === start) model = step.value.value;
      else files.push(id);
    }
  }
  yield* xform(files, step.value ? model : null, query);
}

/** The document is POSTDATA too, and the parameters of the query are there. */
function xform(files: readonly string[], model: string | null, query: string): Pair[] {
  const models: string[] = files.filter((name) => name === modelName);
  if (model !== null) models.push(model);
  // These two are assigned, and take the place of files of their name.
  const assigned = [...(models.length > 0 ? ['POSTDATA'] : []), ...(isKeywords(query) ? ['keywords'] : [])];
  return [
    [modelName, null],
    ...files.map((name): Pair => [name, assigned.includes(name) ? null : name]),
    [modelName, model],
    ...models.map((value): Pair => ['POSTDATA', value]),
    ...textPairs(query),
  ];
}
