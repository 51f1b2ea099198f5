import { type Token, isSign, isWord } from './token.ts';
import { scanPerl } from './scan.ts';

/** A file of Perl: a script, or a module of the site's own. */
export interface PerlSource {
  /** As it is shown to people. */
  readonly name: string;
  /** One character a byte. */
  readonly text: string;
}

/** Tokens that belong together, and for each bracket the place of the other one; -1 where there is none. */
export interface Stream {
  readonly tokens: readonly Token[];
  readonly partners: readonly number[];
}

/** A sub, or what a file does outside of its subs. */
export interface Unit {
  readonly source: PerlSource;
  /** Its name without its package; null for what is outside of subs. */
  readonly name: string | null;
  readonly package: string;
  readonly line: number;
  /** Its own code first, then what stands in its strings, each by itself. */
  readonly streams: readonly Stream[];
}

/** A file in its parts: what is outside of subs first. */
export interface PerlFile {
  readonly source: PerlSource;
  readonly units: readonly Unit[];
  /** From this line on it may be misread; null where all of it was understood. */
  readonly lostAt: number | null;
}

/** A place in the code. */
export interface Spot {
  readonly unit: Unit;
  readonly stream: Stream;
  readonly at: number;
}

/** Takes a file apart into its subs. Anonymous ones stay where they are. */
export function readFile(source: PerlSource): PerlFile {
  const { tokens, lostAt } = scanPerl(source.text);
  const units: Unit[] = [];
  const make = (name: string | null, packageName: string, line: number, kept: readonly Token[]): void => {
    units.push({ source, name, package: packageName, line, streams: streamsOf(kept) });
  };
  const outside = cutSubs(tokens, 'main', make);
  const main = packageOf(tokens);
  const top = { source, name: null, package: main, line: 1, streams: streamsOf(outside) };
  return { source, units: [top, ...units], lostAt };
}

type MakeUnit = (name: string, packageName: string, line: number, kept: readonly Token[]) => void;

/** The tokens that are in no named sub of their own; each sub is handed to `make`. */
function cutSubs(tokens: readonly Token[], packageName: string, make: MakeUnit): Token[] {
  const partners = partnersOf(tokens);
  const kept: Token[] = [];
  let current = packageName;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (isWord(token, 'package') && tokens[at + 1]?.kind === 'word')
      current = tokens[at + 1]?.text ?? current;
    const open = isWord(token, 'sub') ? bodyOf(tokens, at) : -1;
    const close = open === -1 ? -1 : (partners[open] ?? -1);
    if (close === -1) {
      kept.push(token);
      continue;
    }
    const full = tokens[at + 1]?.text ?? '';
    const cut = full.lastIndexOf('::');
    const owner = cut === -1 ? current : full.slice(0, cut);
    make(
      full.slice(cut === -1 ? 0 : cut + 2),
      owner,
      token.line,
      cutSubs(tokens.slice(open + 1, close), owner, make),
    );
    at = close;
  }
  return kept;
}

/** Where the block of `sub NAME` opens, behind attributes; -1 where it is anonymous or only announced. */
function bodyOf(tokens: readonly Token[], at: number): number {
  if (tokens[at + 1]?.kind !== 'word') return -1;
  for (let open = at + 2; open < tokens.length && open < at + 40; open++) {
    if (isSign(tokens[open], '{')) return open;
    if (isSign(tokens[open], ';', '}')) return -1;
  }
  return -1;
}

/** The package that a file is about: the first it names. */
function packageOf(tokens: readonly Token[]): string {
  const at = tokens.findIndex((token, i) => isWord(token, 'package') && tokens[i + 1]?.kind === 'word');
  return at === -1 ? 'main' : (tokens[at + 1]?.text ?? 'main');
}

function streamsOf(tokens: readonly Token[]): Stream[] {
  const inside = tokens.flatMap(({ pieces }) =>
    pieces.flatMap((piece) => (typeof piece === 'string' ? [] : streamsOf(piece))),
  );
  return [{ tokens, partners: partnersOf(tokens) }, ...inside];
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function partnersOf(tokens: readonly Token[]): number[] {
  const partners: number[] = Array.from({ length: tokens.length }, () => -1);
  const open: number[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'operator') continue;
    if (Object.hasOwn(closers, token.text)) open.push(at);
    else if (/^[)\]}]$/.test(token.text)) {
      // One that was misread must not shift all others: what it does not close is given up.
      const match = open.findLastIndex((each) => closers[tokens[each]?.text ?? ''] === token.text);
      if (match === -1) continue;
      const [opening = -1] = open.splice(match);
      partners[opening] = at;
      partners[at] = opening;
    }
  }
  return partners;
}
