import { terminal, widthOfStdout } from './terminal.ts';
import { displayWidth, padToWidth } from './width.ts';

/** Writes words for people to stdout; where the locale is not UTF-8, as on old servers, in ASCII. */
export function print(text: string): void {
  process.stdout.write(forTerminal(text));
}

/** Writes words for people to stderr: whatever is not the answer itself. */
export function tell(text: string): void {
  process.stderr.write(forTerminal(text));
}

/** The same for what may be left out: notes and progress, which `--quiet` wants none of. */
export function note(text: string): void {
  if (!terminal.isQuiet) tell(text);
}

/** For what is drawn again and again. */
export function clearScreen(): void {
  process.stdout.write('\x1b[H\x1b[2J');
}

/** The colours and weights of styleText. Hidden, black and inverse text is not among them. */
const styles = String.raw`\x1b\[(?:[0-3]|2[23]|3[1-79]|9[0-7])m`;
const controls = String.raw`[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]`;
const everyControl = new RegExp(controls, 'gu');
const strayControl = new RegExp(`(${styles}|[\\n\\t])|${controls}`, 'gu');

/**
 * A word of somebody else's, such as the key of a route, so that it stays one word on its line: whatever could move the
 * cursor, end the line or turn it around becomes a question mark.
 */
export function harmless(word: string): string {
  return word.replace(everyControl, '?');
}

/** A net below `harmless`: whoever forgot it, no more than colours and line ends reach the terminal. */
function forTerminal(text: string): string {
  const safe = text.replace(strayControl, (_, allowed: string | undefined) => allowed ?? '?');
  return forLocale(safe, process.env);
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
  if (/utf-?8/i.test(locale) && !terminal.isAscii) return text;
  return text.replace(/[✔✖✗▲→←╌█…•·└≤’–‹›]/g, (symbol) => inAscii[symbol] ?? symbol);
}

/**
 * Rows as columns that are as wide as their widest cell, two blanks apart, nothing after the last one. A terminal that is
 * too narrow gets those columns that fit, from the left, and a mark that there are more.
 */
export function columns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map((cell) => forLocale(inOneLine(cell), process.env))); // first: it changes widths
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => displayWidth(row[at] ?? ''))),
  );
  const fitting = howManyFit(widths, widthOfStdout());
  const more = fitting < count ? forLocale('…', process.env) : null;
  return rows
    .map((row, at) => {
      const shown = row.slice(0, fitting).map((cell, column) => padToWidth(cell, widths[column] ?? 0));
      return `${[...shown, ...(at === 0 && more !== null ? [more] : [])].join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** A cell keeps its colours and nothing else that is no text. */
function inOneLine(cell: string): string {
  return cell.replace(strayControl, (_, allowed: string | undefined) =>
    allowed?.startsWith('\x1b') === true ? allowed : '?',
  );
}

/** How many columns stand beside each other in so much room, at least one; with room for the mark where not all do. */
function howManyFit(widths: readonly number[], room: number): number {
  const upTo = (count: number): number => widths.slice(0, count).reduce((sum, width) => sum + width + 2, -2);
  if (upTo(widths.length) <= room) return widths.length;
  const mark = forLocale('…', process.env).length + 2;
  return Math.max(1, widths.findLastIndex((_, at) => upTo(at + 1) + mark <= room) + 1);
}
