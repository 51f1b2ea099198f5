/** What Apache puts a backslash before: the shell might see more in it than a letter. */
const shellCharacters = /[&;`'"|*?~<>^()[\]{}$\\\n]/g;

/** Apache passes no more words than this on (2.4.71). */
const mostWords = 4091;

/**
 * What CGI.pm reads where it knows nothing of the method: the words of its command line, put together again. Apache
 * makes them of a query without `=` (measured, test/exchange/apache-params.test.ts): they stand between pluses, escapes
 * are undone and a NUL ends them.
 */
export function commandLineQuery(query: string): string {
  if (query === '' || query.includes('=')) return '';
  const words = query.split('+', mostWords).map((word) =>
    word
      .replace(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
      .replace(/\0.*/s, '')
      .replace(shellCharacters, '\\$&')
      .replaceAll('\\=', '%3D')
      .replaceAll('\\&', '%26'),
  );
  const text = words.join(words.some((word) => word.includes('=')) ? '&' : '+');
  return /^[^\n]*?\?([^\n]*)\n?$/.exec(text)?.[1] ?? text; // what stands before a question mark is a path to it
}
