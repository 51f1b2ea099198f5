import { slips } from '../routing/nearest.ts';

/** A stretch of a text, in characters from its start. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Hides secrets before a text is shown: what `secretsIn` finds becomes `***`. */
export function maskSecrets(text: string): string {
  return maskedLine(text, secretsIn(text)).shown;
}

/** A line as it may be shown, and where its columns (from 0) then stand; inside a secret it is the start of the mask. */
export function maskedLine(
  line: string,
  secrets: readonly Stretch[],
): { readonly shown: string; readonly place: (column: number) => number } {
  let shown = '';
  let end = 0;
  const marks = secrets.map(({ from, to }) => {
    shown += line.slice(end, from);
    const at = shown.length;
    shown += '***';
    end = to;
    return { from, to, at };
  });
  shown += line.slice(end);
  const place = (column: number): number => {
    const last = marks.findLast(({ from }) => from <= column);
    if (last === undefined) return column;
    return column < last.to ? last.at : last.at + 3 + column - last.to;
  };
  return { shown, place };
}

/**
 * The passwords of URLs, and whatever stands behind a key called like a secret (`token: …`), in their order. Rather too
 * much than too little: a key one slip away from `token` counts, and a URL that has lost its host. `http://host:8080`
 * and `${NAME}` hide nothing. Reads the text once, however it is made.
 */
export function secretsIn(text: string): Stretch[] {
  const found = [...passwordsIn(text), ...keyedSecretsIn(text)].toSorted((a, b) => a.from - b.from);
  const apart: Stretch[] = [];
  for (const { from, to } of found) {
    const last = apart.at(-1);
    if (last === undefined || from >= last.to) apart.push({ from, to });
    else if (to > last.to) apart[apart.length - 1] = { from: last.from, to };
  }
  return apart;
}

/** `://user:password@host`, with any character in the password, and `://user:password` whose host was forgotten. */
function passwordsIn(text: string): Stretch[] {
  const found: Stretch[] = [];
  const user = /:\/\/([^\s:/@[]*):/g;
  let word: { end: number; lastAt: number } = { end: -1, lastAt: -1 };
  for (let match = user.exec(text); match !== null; match = user.exec(text)) {
    const from = user.lastIndex;
    if (from > word.end) {
      const end = endOf(/\s/g, text, from);
      word = { end, lastAt: text.lastIndexOf('@', end - 1) };
    }
    const to = word.lastAt > from ? word.lastAt : endOfLostHost(text, from);
    if (to === from || (match[1] === 'user' && text.slice(from, to) === 'password')) continue;
    found.push({ from, to });
    user.lastIndex = to;
  }
  return found;
}

/** Where a password ends behind which no `@` comes in its word: at one further on in the line, or at the end of the word. */
function endOfLostHost(text: string, from: number): number {
  if (/^\d{1,5}(?:[/?#"'\s,}\]]|$)/.test(text.slice(from, from + 6))) return from;
  const at = /[^@\n]{0,200}/y;
  at.lastIndex = from;
  at.exec(text);
  return text[at.lastIndex] === '@' ? at.lastIndex : endOf(/[\s"']/g, text, from);
}

function endOf(stop: RegExp, text: string, from: number): number {
  stop.lastIndex = from;
  return stop.exec(text)?.index ?? text.length;
}

/** Not behind `?` and `&`: there a parameter of a route is called so. */
const keys = /(?<![?&/\w.-])([A-Za-z][\w-]{2,40})["']?[ \t]*[:=]/g;

function keyedSecretsIn(text: string): Stretch[] {
  const found: Stretch[] = [];
  let line: Stretch = { from: 0, to: -1 };
  let flowAt = 0;
  keys.lastIndex = 0;
  for (let match = keys.exec(text); match !== null; match = keys.exec(text)) {
    if (!isSecretName(match[1] ?? '')) continue;
    if (match.index > line.to) {
      line = { from: text.lastIndexOf('\n', match.index) + 1, to: endOf(/\r?\n|$/g, text, match.index) };
      flowAt = endOf(/[{,]/g, text, line.from);
    }
    const column = match.index - line.from;
    const stretches = secretBehind(text, keys.lastIndex, line.to, { column, isFlow: flowAt < match.index });
    found.push(...stretches);
    keys.lastIndex = stretches.at(-1)?.to ?? keys.lastIndex;
  }
  return found;
}

function isSecretName(word: string): boolean {
  const name = word.toLowerCase();
  return /token|passw|passphrase|pwd|secret|api-?key/.test(name) || slips(name, 'token') <= 1;
}

/** The value of a key that ends at `from`: on its line, or, where nothing or a `|` stands there, on the lines below. */
function secretBehind(
  text: string,
  from: number,
  lineEnd: number,
  key: { readonly column: number; readonly isFlow: boolean },
): Stretch[] {
  const start = endOf(/[^ \t]/g, text, from);
  const first = text[start] ?? '#';
  if (start >= lineEnd || '|>#'.includes(first)) return secretsBelow(text, key.column, lineEnd);
  if (first === '{' || first === '[') return [];
  if (first === '"' || first === "'") {
    const close = text.indexOf(first, start + 1);
    return shut(text, start + 1, close === -1 ? lineEnd : close);
  }
  return shut(text, start, Math.min(lineEnd, endOf(key.isFlow ? /,\s|[}\]]|\s#/g : /\s#/g, text, start)));
}

/** The lines that are indented deeper than that of the key, unless they are a map. */
function secretsBelow(text: string, indent: number, lineEnd: number): Stretch[] {
  const found: Stretch[] = [];
  let at = lineEnd;
  while (at < text.length) {
    const from = endOf(/[^ \t\r\n]/g, text, at);
    const to = endOf(/\r?\n|$/g, text, from);
    const column = from - text.lastIndexOf('\n', from) - 1;
    if (from === text.length || column <= indent || /^[\w-]+:(?:\s|$)/.test(text.slice(from, from + 60)))
      break;
    found.push(...shut(text, from, to));
    at = to;
  }
  return found;
}

/** One stretch, unless it is only the name of a variable, or nothing. */
function shut(text: string, from: number, to: number): Stretch[] {
  const value = text.slice(from, to).trimEnd();
  return value === '' || /^["']?\$\{\w+\}["']?$/.test(value) ? [] : [{ from, to: from + value.length }];
}
