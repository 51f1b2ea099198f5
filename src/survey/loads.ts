import { argumentsAt, expressionEnd, onlyToken, type Range, tokensIn } from './expression.ts';
import { isSign, isWord, type Piece, type Token } from './token.ts';
import type { PerlFile, Stream } from './unit.ts';

/** A path as a script writes it: from its own folder, from where it is started (the same, as a CGI), or absolute. */
export interface WrittenPath {
  readonly path: string;
  /** Whether it begins with something computed that is no folder we know of; then only its end can be looked for. */
  readonly isPartial: boolean;
}

/** What a file loads. */
export interface Loads {
  /** `use lib`, and what is put into @INC. */
  readonly folders: readonly WrittenPath[];
  /** `use Shop::Cart`, by the name of its file: `Shop/Cart.pm`. */
  readonly modules: readonly string[];
  /** `require "common.pl"`. */
  readonly files: readonly WrittenPath[];
}

/** Reads what a file loads, of what it says in plain words. */
export function loadsOf({ units }: PerlFile): Loads {
  const [folders, files, modules]: [WrittenPath[], WrittenPath[], Set<string>] = [[], [], new Set()];
  for (const stream of units.flatMap((unit) => unit.streams)) {
    for (const [at, token] of stream.tokens.entries()) {
      if (token.kind !== 'word' || isSign(stream.tokens[at - 1], '->')) continue;
      const rest = { from: at + 1, to: expressionEnd(stream, at + 1) };
      if (isWord(token, 'use')) readUse(stream, rest, folders, modules);
      else if (isWord(token, 'require', 'do')) {
        const named = stream.tokens[at + 1];
        if (isWord(token, 'require') && named?.kind === 'word') modules.add(fileOf(named.text));
        else if (!isSign(named, '{')) files.push(...pathsIn(stream, rest));
      } else if (isWord(token, 'push', 'unshift')) {
        const [target, ...parts] = argumentsAt(stream, at);
        if (target !== undefined && onlyToken(stream, target)?.text === '@INC')
          folders.push(...parts.flatMap((part) => pathsIn(stream, part)));
      }
    }
  }
  return { folders, modules: [...modules], files };
}

function readUse(stream: Stream, rest: Range, folders: WrittenPath[], modules: Set<string>): void {
  const named = stream.tokens[rest.from];
  if (named?.kind !== 'word') return;
  const list = { from: rest.from + 1, to: rest.to };
  if (named.text === 'lib') folders.push(...pathsIn(stream, list));
  else if (named.text === 'base' || named.text === 'parent')
    for (const { path, isPartial } of pathsIn(stream, list)) {
      if (!isPartial) modules.add(fileOf(path));
    }
  else modules.add(fileOf(named.text));
}

function fileOf(module: string): string {
  return `${module.replaceAll('::', '/')}.pm`;
}

/** The paths that a list holds, put together of strings and of what names the folder of the script. */
function pathsIn(stream: Stream, range: Range): WrittenPath[] {
  const paths: WrittenPath[] = [];
  let current: Piece[] = [];
  const end = (): void => {
    if (current.length > 0) paths.push(pathOf(current));
    current = [];
  };
  for (const token of tokensIn(stream, range)) {
    if (isSign(token, ',', '=>')) end();
    else if (token.kind === 'words') paths.push(...token.pieces.map((piece) => pathOf([piece])));
    else if (token.kind === 'string') current.push(...token.pieces);
    else if (token.kind === 'variable' || token.kind === 'word') current.push([token]);
  }
  end();
  return paths;
}

function pathOf(pieces: readonly Piece[]): WrittenPath {
  let [path, isPartial] = ['', false];
  for (const piece of pieces) {
    if (typeof piece === 'string') path += piece;
    else if (isOwnFolder(piece)) path += path === '' ? '.' : '';
    else {
      path = '';
      isPartial = true;
    }
  }
  return { path: isPartial ? path.replace(/^\/+/, '') : path, isPartial };
}

/** `$FindBin::Bin`, `$Bin`, and the words of `dirname(__FILE__)`. */
function isOwnFolder(code: readonly Token[]): boolean {
  const [only] = code;
  if (code.length !== 1 || only === undefined) return false;
  return /^\$(?:FindBin::)?(?:Real)?Bin$/.test(only.text) || /^(?:dirname|__FILE__)$/.test(only.text);
}
