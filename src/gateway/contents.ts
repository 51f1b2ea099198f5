import type { Body } from '../exchange/body.ts';
import { findField } from '../exchange/form-field.ts';
import { requestHead } from '../exchange/form.ts';
import type { RawHeaders } from '../exchange/headers.ts';
import { type Params, requestParams } from '../exchange/params.ts';
import type { RequestTarget } from '../exchange/path.ts';
import { checkedId, claimedIdOf, type IdPlaces } from '../session/identity.ts';

/** What a request holds, as it came. */
export interface Contents {
  readonly method: string;
  readonly target: RequestTarget;
  readonly headers: RawHeaders;
  readonly body: Body;
}

/** Methods whose parameters stand in the body, to CGI.pm. */
const withForm = ['POST', 'PUT', 'PATCH'];

/**
 * The parameters as the script will read them, once somebody asks; null where they stand in a body that was too large for
 * memory.
 */
export function paramsOf({ method, target, headers, body }: Contents): () => Params | null {
  let read: Params | null = null;
  return () => {
    if (body.bytes === null && withForm.includes(method)) return null;
    const bytes = body.bytes ?? Buffer.alloc(0);
    return (read ??= requestParams({ ...requestHead(method, target.query, headers), body: bytes }));
  };
}

/** The id of the session where it stands in a form; a large one waits on disk, and is read as far as it must. */
export async function claimedInBody(contents: Contents, places: IdPlaces): Promise<string | null> {
  const { method, target, headers, body } = contents;
  if (body.bytes !== null) {
    const { decoded: path, query } = target;
    return claimedIdOf({ headers, method, path, query, body: body.bytes }, places);
  }
  const finder = findField(requestHead(method, target.query, headers), places.name);
  if (finder === null) return null;
  // Not to be destroyed: its file is closed with it, and the side has still to be given the body.
  const pieces = body.stream().iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) if (finder.push(chunk as Buffer)) break;
  return checkedId(finder.end());
}
