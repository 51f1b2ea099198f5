import { Problem } from '../errors.ts';
import { withoutFields } from '../exchange/headers.ts';

/** Codings that Node's parser has taken off, or that are none. */
const known = new Set(['chunked', 'identity']);

/**
 * The fields of legacy's answer, without what no client may be sent. Throws LEGACY_BROKE for a transfer coding that
 * nobody has undone: the client would be given its bytes without being told of it (nginx refuses it too).
 */
export function properFields(status: number, fields: string[]): string[] {
  let encodings = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      const value = (fields[i + 1] as string).trim().toLowerCase();
      if (++encodings > 1 || !known.has(value))
        throw new Problem('LEGACY_BROKE', `legacy's answer has the transfer coding ${value}`);
    }
  }
  // A 204 has no length, not even 0 (RFC 9110 section 8.6).
  return status === 204 ? withoutFields(fields, ['content-length']) : fields;
}
