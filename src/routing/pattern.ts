import { globMatches } from './glob.ts';
import { Mistake } from './mistake.ts';

/** One part of a path between two slashes. `text` and `pieces` are decoded: one character per byte. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'glob'; readonly pieces: readonly string[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'rest' };

/** A path pattern that has been read once so that requests can be matched quickly. */
export interface Pattern {
  readonly segments: readonly Segment[];
  /** Whether it also claims what follows, where its last segment takes a script: `/view.pl/anything` is PATH_INFO to it. */
  readonly takesPathInfo: boolean;
}

/**
 * Reads an absolute path pattern as it stands in routes.yaml. Throws a Mistake [bad-path].
 * Stars, braces and a final `$` have a meaning only as written; percent-escaped (`%2A`) they are plain characters.
 */
export function compilePattern(path: string): Pattern {
  if (!path.startsWith('/')) throw new Mistake('bad-path', `"${path}" does not start with "/"`);
  const exact = path.endsWith('$');
  const parts = (exact ? path.slice(0, -1) : path).slice(1).split('/');
  const segments = parts.map((part, at) => compileSegment(part, at === parts.length - 1, path));
  const names = segments.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new Mistake('bad-path', `"${path}" names {${twice}} twice`, 'give each segment a name of its own');
  const last = segments.at(-1);
  return { segments, takesPathInfo: !exact && last?.kind !== 'rest' };
}

/** Whether a file name is that of a CGI script, whose URL may go on after the name. */
export function isScript(fileName: string): boolean {
  return /\.(pl|cgi|py)$/.test(fileName) || fileName.startsWith('nph-');
}

/** The segments of a decoded path: `/a/b` is `['a', 'b']`, and `/a/` is `['a', '']`. */
export function splitPath(decodedPath: string): string[] {
  return decodedPath.slice(1).split('/');
}

/** Whether a pattern takes a path, whatever the method. The table does this faster for many patterns at once. */
export function patternMatches(pattern: Pattern, path: readonly string[]): boolean {
  const { segments, takesPathInfo } = pattern;
  const open = segments.at(-1)?.kind === 'rest';
  const fixed = open ? segments.slice(0, -1) : segments;
  if (path.length < fixed.length) return false;
  if (path.length > fixed.length && !open && !(takesPathInfo && isScript(path[fixed.length - 1] ?? '')))
    return false;
  return fixed.every((segment, at) => segmentMatches(segment, path[at] ?? ''));
}

function segmentMatches(segment: Segment, text: string): boolean {
  switch (segment.kind) {
    case 'literal':
      return segment.text === text;
    case 'glob':
      return globMatches(segment.pieces, text);
    case 'name':
      return text !== '';
    case 'rest':
      return true;
  }
}

function compileSegment(part: string, isLast: boolean, path: string): Segment {
  if (part === '**') {
    if (isLast) return { kind: 'rest' };
    throw new Mistake(
      'bad-path',
      `"**" stands in the middle of "${path}"`,
      'it may only be the last segment',
    );
  }
  if (part === '' && !isLast) {
    throw new Mistake(
      'bad-path',
      `"${path}" has two slashes in a row`,
      'such a path never arrives; write one slash',
    );
  }
  if (part === '.' || part === '..') {
    throw new Mistake('bad-path', `"${path}" contains "${part}"`, 'such a path never arrives; write it out');
  }
  const name = /^\{([A-Za-z_]\w*)\}$/.exec(part)?.[1];
  if (name !== undefined) return { kind: 'name', name };
  if (part.includes('${')) {
    throw new Mistake(
      'bad-path',
      `"${path}" takes something from the environment`,
      'variables are filled in values, not in keys',
    );
  }
  if (/[{}]/.test(part)) {
    throw new Mistake(
      'bad-path',
      `cannot read "${part}" in "${path}"`,
      'a {name} takes a whole segment; use * for a part of one',
    );
  }
  if (part.includes('**')) {
    throw new Mistake(
      'bad-path',
      `cannot read "${part}" in "${path}"`,
      'write * inside a segment, or ** alone as the last one',
    );
  }
  const pieces = part.split('*').map((piece) => decodePiece(piece, path));
  return pieces.length > 1 ? { kind: 'glob', pieces } : { kind: 'literal', text: pieces[0] ?? '' };
}

/** The bytes that a piece of a key stands for: UTF-8 for what is written out, and what `%XX` says. */
function decodePiece(piece: string, path: string): string {
  const odd = /%(?![0-9A-Fa-f]{2})/.exec(piece);
  if (odd)
    throw new Mistake(
      'bad-path',
      `"%" in "${path}" is not followed by two hex digits`,
      'write %25 for a percent sign',
    );
  const blank = /[\s\p{Cc}]/u.exec(piece)?.[0];
  if (blank === '\u00a0')
    throw new Mistake(
      'bad-path',
      `"${path}" contains a no-break space`,
      'write a plain space before the path, %C2%A0 in it',
    );
  if (blank !== undefined)
    throw new Mistake('bad-path', `"${path}" contains a space`, 'write %20 for a space');
  if (piece.includes('#'))
    throw new Mistake(
      'bad-path',
      `"${path}" contains "#"`,
      'no browser sends what follows a "#"; write %23 for one in a path, and a space before a comment',
    );
  const bytes = Buffer.from(piece, 'utf8').toString('latin1');
  const decoded = bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (/[/\0]/.test(decoded)) {
    throw new Mistake(
      'bad-path',
      `"${path}" contains an escaped slash or zero byte`,
      'such a request is refused; leave it out',
    );
  }
  return decoded;
}
