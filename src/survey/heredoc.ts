/** A here-document: where its mark ends, and where its text is. */
export interface Heredoc {
  readonly markEnd: number;
  readonly bodyFrom: number;
  readonly bodyTo: number;
  /** Behind the line that ends it. */
  readonly end: number;
  readonly quote: '"' | "'" | '`';
}

/**
 * The here-document whose `<<` stands at `at`, or null where that is a shift: it is one where a line that ends it follows.
 * `bodyFrom` is the line that follows, or the end of the document before it on the same line.
 */
export function heredocAt(source: string, at: number, bodyFrom: number, to: number): Heredoc | null {
  const mark = /<<(~?)(?:\s*("|'|`)(.*?)\2|\\?([A-Za-z_]\w*))/y;
  mark.lastIndex = at;
  const found = mark.exec(source);
  if (found === null) return null;
  const [whole, tilde, quoted, inQuotes, bare] = found;
  const word = inQuotes ?? bare ?? '';
  const quote = quoted ?? (whole.startsWith('<<\\') ? "'" : '"');
  const indent = tilde === '' ? '' : '[ \\t]*';
  const last = new RegExp(`^${indent}${word.replace(/[^\w\s]/g, '\\$&')}\\r?$`, 'gm');
  last.lastIndex = bodyFrom;
  const ending = last.exec(source);
  if (ending === null || ending.index >= to) return null;
  const after = source.indexOf('\n', ending.index);
  return {
    markEnd: mark.lastIndex,
    bodyFrom,
    bodyTo: ending.index,
    end: after === -1 ? to : after + 1,
    quote: quote as Heredoc['quote'],
  };
}
