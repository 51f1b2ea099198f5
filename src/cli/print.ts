/** Writes words for people to stdout; where the locale is not UTF-8, as on old servers, in ASCII. */
export function print(text: string): void {
  process.stdout.write(forLocale(text, process.env));
}

/** Writes one JSON document to stdout; `schema` counts breaking changes of its shape. */
export function printJson(document: Record<string, unknown>): void {
  process.stdout.write(`${plain(JSON.stringify({ schema: 1, ...document }, null, 2))}\n`);
}

/** Writes one event as a line of JSON to stdout. */
export function printEvent(event: Record<string, unknown>): void {
  process.stdout.write(`${plain(JSON.stringify({ schema: 1, ...event }))}\n`);
}

/** JSON without the controls that it lets stand: U+009B begins an escape sequence to some terminals. */
function plain(json: string): string {
  return json.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

const inAscii: Readonly<Record<string, string>> = {
  '✔': 'ok',
  '✖': 'FAIL',
  '✗': 'x',
  '▲': '!',
  '→': '->',
  '←': '<-',
  '╌': '-',
  '█': '#',
  '…': '...',
  '•': '*',
  '·': '.',
  '└': '`-',
  '≤': '<=',
  '’': "'",
  '–': '-',
  '‹': '<',
  '›': '>',
};

/** The text as the terminal of this environment can show it: our symbols become words where it is not UTF-8. */
export function forLocale(text: string, env: Readonly<Record<string, string | undefined>>): string {
  // The order of setlocale(3): the first of them that is set and not empty counts.
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  if (/utf-?8/i.test(locale)) return text;
  return text.replace(/[✔✖✗▲→←╌█…•·└≤’–‹›]/g, (symbol) => inAscii[symbol] ?? symbol);
}

/** Rows as columns that are as wide as their widest cell, two blanks apart, nothing after the last one. */
export function columns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map((cell) => forLocale(cell, process.env))); // first, for it changes widths
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
