import type { SessionValue } from '../session/session.ts';
import { dialect420 } from './dumper-dialects.ts';
import type { Dialect } from './dumper-dialects.ts';
import { readFixups, readPath } from './dumper-fixups.ts';
import type { Fixup } from './dumper-fixups.ts';
import { isDigit, isLowerCase, Scanner } from './dumper-scan.ts';

/**
 * The text that CGI::Session's default serializer writes (perl.md 1.1, dialect 4.20–4.48), read without evaluating:
 *
 *     $D = {'cart' => [1,'two'],'again' => []};$D->{'again'} = $D->{'cart'};;$D
 *          └ root ──────────────────────────┘  └ fixup ───────────────────┘ └ trailer
 *
 * The grammar is the writer's, byte for byte: no blanks, comments or operators that Perl would also allow. So a tree
 * written again without changes is the same text. Every byte is looked at once or twice, whatever it is.
 */
export interface DumperText {
  /** The whole text, one character per byte; every span counts in it. */
  readonly source: string;
  readonly root: DumperNode;
  readonly fixups: readonly Fixup[];
  /** Where the fixups end: `;$D` follows, or nothing in 4.0x. */
  readonly trailerStart: number;
  readonly dialect: Dialect;
  /** Whether some value is a path that Perl reads as if nothing were there. */
  readonly hasAliases: boolean;
}

/** One value and where it stands. */
export type DumperNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'undef' }
  | { readonly kind: 'int' }
  | { readonly kind: 'string'; /** Null where JavaScript has no such text. */ readonly text: string | null }
  | { readonly kind: 'hash'; readonly entries: ReadonlyMap<string, DumperEntry> }
  | { readonly kind: 'array'; readonly items: readonly DumperNode[] }
  | { readonly kind: 'reference'; readonly target: DumperNode }
  | { readonly kind: 'blessed'; readonly target: DumperNode; readonly className: string }
  | {
      readonly kind: 'alias';
      /** `$data` itself, whose value counts only when what it stands in is complete. */
      readonly isWhole: boolean;
      /** What Perl reads there; undefined: we have nothing for it. */
      reads: SessionValue | undefined;
    }
  | { readonly kind: 'regexp' | 'version' | 'code' | 'placeholder' }
);

/** One `'key' => value` of a hash. */
export interface DumperEntry {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: DumperNode;
}

/**
 * Hashes, arrays and references inside each other. It is Data::Dumper's own limit ($Data::Dumper::Maxrecurse,
 * measured: 1000 pass, 1001 die), so Perl never wrote a deeper session and could not write one again.
 */
export const maxDepth = 1000;

/** Reads the text. Throws Problem SESSION_UNREADABLE with the byte and the reason. */
export function parseDumper(bytes: Buffer, dialect: Dialect = dialect420): DumperText {
  const scanner = new Scanner(bytes, dialect);
  const opened = readOpening(scanner);
  const root = readValue(scanner, 0);
  if (opened) scanner.expect(';');
  scanner.blanks();
  const fixups = dialect.ties && opened ? readFixups(scanner, root) : [];
  const trailerStart = scanner.position;
  if (dialect === dialect420 && !scanner.atEnd) scanner.expect(';$D');
  if (dialect.oneLine) scanner.take('\n');
  if (!scanner.atEnd) scanner.fail('text after the end of the session');
  const { source, hasAliases } = scanner;
  return { source, root, fixups, trailerStart, dialect, hasAliases };
}

/** `$D = ` and what else may stand before the value; returns whether anything does. */
function readOpening(scanner: Scanner): boolean {
  const { dialect } = scanner;
  if (dialect.oneLine) checkOneLine(scanner);
  scanner.blanks();
  if (dialect.variable !== null) {
    scanner.expect(dialect.opening);
  } else if (scanner.looksAt('$')) {
    scanner.variable = scanner.name();
    scanner.expect(' = ');
  }
  const opened = dialect.variable === null ? scanner.variable !== '' : dialect.opening !== '';
  if (!opened) checkBareHash(scanner);
  return opened;
}

function checkOneLine(scanner: Scanner): void {
  const lineEnd = scanner.source.indexOf('\n');
  const lastly = scanner.source.length - 1;
  if (lineEnd >= 0 && lineEnd < lastly)
    scanner.fail('a line feed, which this CGI::Session cannot read', lineEnd);
}

/** Where nothing stands before it, Perl takes `{` for a block unless a hash key follows that it knows for one. */
function checkBareHash(scanner: Scanner): void {
  if (/^\s*\{\s*(?:-|\w+::)/.test(scanner.source.slice(0, 1000)))
    scanner.fail('Perl takes this hash for a block');
}

function readValue(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  switch (scanner.peek()) {
    case "'":
      return { kind: 'string', text: scanner.singleQuoted(), start, end: scanner.position };
    case '"':
      return { kind: 'string', text: scanner.doubleQuoted(), start, end: scanner.position };
    case '{':
      return readHash(scanner, deeper(scanner, depth));
    case '[':
      return readArray(scanner, deeper(scanner, depth));
    case '\\':
      return readReference(scanner, deeper(scanner, depth));
    default:
      return readWord(scanner, depth);
  }
}

function deeper(scanner: Scanner, depth: number): number {
  if (depth >= maxDepth) scanner.fail(`more than ${maxDepth} values inside each other`);
  return depth + 1;
}

function readHash(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  const entries = new Map<string, DumperEntry>();
  scanner.expect('{');
  scanner.blanks();
  while (!scanner.take('}')) {
    if (entries.size > 0 && isLast(scanner, '}')) continue;
    const keyStart = scanner.position;
    const key = scanner.key();
    if (entries.has(key)) scanner.fail('a hash key stands twice', keyStart);
    const keyEnd = scanner.position;
    scanner.expect(' => ');
    entries.set(key, { keyStart, keyEnd, value: readValue(scanner, depth) });
    scanner.blanks();
  }
  for (const { value } of entries.values()) settle(scanner, value);
  return { kind: 'hash', entries, start, end: scanner.position };
}

/** Steps over the comma; scripts of their own may have set Trailingcomma. */
function isLast(scanner: Scanner, bracket: string): boolean {
  scanner.expect(',');
  scanner.blanks();
  return scanner.dialect.blanks && scanner.looksAt(bracket);
}

/** Perl takes `$data` into a container when all of that is evaluated, so it may have grown meanwhile. */
function settle(scanner: Scanner, node: DumperNode): void {
  if (node.kind === 'alias' && node.isWhole && scanner.dialect !== dialect420)
    node.reads = scanner.unset.read([]);
}

function readArray(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  const items: DumperNode[] = [];
  scanner.expect('[');
  scanner.blanks();
  while (!scanner.take(']')) {
    if (items.length > 0 && isLast(scanner, ']')) continue;
    items.push(readValue(scanner, depth));
    scanner.blanks();
  }
  for (const item of items) settle(scanner, item);
  return { kind: 'array', items, start, end: scanner.position };
}

function readReference(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  scanner.expect('\\');
  const target = readValue(scanner, depth);
  return { kind: 'reference', target, start, end: scanner.position };
}

function readWord(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  if (scanner.take('undef')) return { kind: 'undef', start, end: scanner.position };
  if (scanner.looksAt('bless( ')) return readBlessed(scanner, depth);
  if (scanner.looksAt('do{\\(my $o = ')) return readScalarBox(scanner, deeper(scanner, depth));
  if (scanner.take('do{my $o}')) return { kind: 'placeholder', start, end: scanner.position };
  if (scanner.looksAt('qr/')) return readRegexp(scanner);
  // Dumper puts this in the place of every code reference, with a warning; Perl reads it back as a real sub.
  if (scanner.take('sub { "DUMMY" }')) return { kind: 'code', start, end: scanner.position };
  const mayBeAlias = scanner.dialect !== dialect420 && scanner.looksAtVariable();
  if (mayBeAlias || scanner.looksAt('${')) return readAlias(scanner);
  return readNumber(scanner);
}

function readAlias(scanner: Scanner): DumperNode {
  const start = scanner.position;
  const steps = readPath(scanner);
  const reads = scanner.dialect === dialect420 ? undefined : scanner.unset.read(steps);
  scanner.hasAliases = true;
  return { kind: 'alias', isWhole: steps.length === 0, reads, start, end: scanner.position };
}

function readBlessed(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  scanner.expect('bless( ');
  // Only these can be blessed; a bless directly in a bless would be depth that `depth` does not count.
  const blessable = ['{', '[', 'do{\\(', 'qr/', 'sub {'].some((opening) => scanner.looksAt(opening));
  if (!blessable) scanner.fail('bless of something that cannot be an object');
  const target = readValue(scanner, depth);
  scanner.expect(', ');
  const className = scanner.peek() === '"' ? (scanner.doubleQuoted() ?? '') : scanner.singleQuoted();
  scanner.expect(' )');
  return { kind: 'blessed', target, className, start, end: scanner.position };
}

/** `do{\(my $o = 'x')}`: how a scalar is written that will be blessed. */
function readScalarBox(scanner: Scanner, depth: number): DumperNode {
  const start = scanner.position;
  scanner.expect('do{\\(my $o = ');
  const target = readValue(scanner, depth);
  scanner.expect(')}');
  return { kind: 'reference', target, start, end: scanner.position };
}

/** `qr/…/ix`: kept, never understood; the writer escapes every slash in it. */
function readRegexp(scanner: Scanner): DumperNode {
  const start = scanner.position;
  scanner.expect('qr/');
  for (;;) {
    scanner.takeWhile((code) => code !== 0x2f && code !== 0x5c);
    if (scanner.take('/')) break;
    if (scanner.atEnd) scanner.fail('a regular expression has no end', start);
    if (!scanner.take('\\\\') && !scanner.take('\\/')) scanner.expect('\\');
  }
  scanner.takeWhile(isLowerCase);
  return { kind: 'regexp', start, end: scanner.position };
}

/** `17`, or a v-string as its author spelled it: `v1.22_3`, `1.2.3`. Floats are never bare: Dumper quotes them. */
function readNumber(scanner: Scanner): DumperNode {
  const start = scanner.position;
  const marked = scanner.take('v');
  if (marked) takeDigitGroup(scanner);
  else scanner.integer('a value was expected');
  let dots = 0;
  let parts = 0;
  for (; scanner.looksAt('_') || scanner.looksAt('.'); parts += 1) {
    if (scanner.take('.')) dots += 1;
    else scanner.expect('_');
    takeDigitGroup(scanner);
  }
  const end = scanner.position;
  if (marked) return { kind: 'version', start, end };
  if (parts === 0) return { kind: 'int', start, end };
  if (dots < 2 || scanner.source.charAt(start) === '-')
    scanner.fail('a number that Dumper would quote', start);
  return { kind: 'version', start, end };
}

function takeDigitGroup(scanner: Scanner): void {
  if (scanner.takeWhile(isDigit) === '') scanner.fail('a digit was expected');
}
