import { headerValue, type RawHeaders } from '../exchange/headers.ts';

/**
 * Whether a visitor has a page already, by what its script says of it: Apache then answers 304 in the script's place
 * (ap_meets_conditions; RFC 9110 section 13.2.2). Only for GET and HEAD.
 */
export function isFreshFor(method: string, asked: RawHeaders, said: RawHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const tags = headerValue(asked, 'if-none-match');
  const tag = headerValue(said, 'etag');
  if (tags !== null) return tag !== null && (tags.trim() === '*' || listed(tags).includes(weak(tag)));
  const since = Date.parse(headerValue(asked, 'if-modified-since') ?? '');
  const modified = Date.parse(headerValue(said, 'last-modified') ?? '');
  return modified <= since; // false where either is missing: NaN compares with nothing
}

function listed(tags: string): string[] {
  return tags.split(',').map((tag) => weak(tag.trim()));
}

function weak(tag: string): string {
  return tag.replace(/^W\//, '');
}
