/** The texts in quotes and backquotes of a TypeScript file, as far as one can tell without running it. */
export function textsIn(source: string): string[] {
  const found: Literal[] = [];
  readCode(source, 0, found);
  found.sort((one, other) => one.from - other.from);
  const texts: string[] = [];
  let end = -1;
  for (const literal of found) {
    // 'INSERT INTO a' + ' VALUES (?)' is one text.
    if (end !== -1 && /^\s*\+\s*$/.test(source.slice(end, literal.from)))
      texts.push(`${texts.pop()}${literal.text}`);
    else texts.push(literal.text);
    end = literal.end;
  }
  return texts;
}

/** The files that a TypeScript file imports by a relative name. */
export function importsIn(source: string): string[] {
  const imports = /\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;
  return [...source.matchAll(imports)].map(([, , path]) => path as string);
}

interface Literal {
  readonly from: number;
  readonly end: number;
  readonly text: string;
}

/** A slash behind these divides; behind all else a regular expression begins. */
const dividend = /[\w$)\]}"'`]$/;
/** Words that are no operands. */
const noDividend = /\b(?:return|typeof|case|in|of|do|else|await|yield|throw|void|delete|new)$/;

/** Reads code up to its end, or to a `}` that opens nowhere in it; gives back where that is. */
function readCode(source: string, from: number, found: Literal[]): number {
  let depth = 0;
  let before = '';
  for (let at = from; at < source.length;) {
    const sign = source[at] as string;
    const next = source[at + 1];
    if (sign === '/' && (next === '/' || next === '*')) at = past(source, at + 2, next === '/' ? '\n' : '*/');
    else if (sign === '/' && (!dividend.test(before) || noDividend.test(before))) {
      at = pastRegExp(source, at);
      before = ')';
    } else if (sign === "'" || sign === '"') {
      const literal = quoted(source, at, sign);
      found.push(literal);
      [at, before] = [literal.end, ')'];
    } else if (sign === '`') [at, before] = [readTemplate(source, at, found), ')'];
    else {
      if (sign === '{') depth++;
      else if (sign === '}' && --depth < 0) return at;
      if (sign.trim() !== '') before = /[\w$]/.test(sign) ? `${before}${sign}`.slice(-12) : sign;
      else if (/\w$/.test(before) && !noDividend.test(before)) before = ')';
      at++;
    }
  }
  return source.length;
}

function past(source: string, from: number, close: string): number {
  const at = source.indexOf(close, from);
  return at === -1 ? source.length : at + close.length;
}

function pastRegExp(source: string, from: number): number {
  let isInClass = false;
  for (let at = from + 1; at < source.length && source[at] !== '\n'; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '[') isInClass = true;
    else if (source[at] === ']') isInClass = false;
    else if (source[at] === '/' && !isInClass) return at + 1;
  }
  return from + 1; // it was none
}

function quoted(source: string, from: number, quote: string): Literal {
  let at = from + 1;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return { from, end: at + 1, text: unescaped(source.slice(from + 1, at)) };
}

/** What is put into a template becomes `?`. Texts within that are texts of their own. */
function readTemplate(source: string, from: number, found: Literal[]): number {
  let text = '';
  let at = from + 1;
  while (at < source.length && source[at] !== '`') {
    if (source[at] === '$' && source[at + 1] === '{') {
      at = readCode(source, at + 2, found) + 1;
      text += '?';
    } else {
      const length = source[at] === '\\' ? 2 : 1;
      text += unescaped(source.slice(at, at + length));
      at += length;
    }
  }
  found.push({ from, end: at + 1, text });
  return at + 1;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, sign: string) => (/[nrt\n]/.test(sign) ? ' ' : sign));
}
