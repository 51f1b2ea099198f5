import { isSign, type Token } from './token.ts';

/** Words behind which an expression begins, so that `/` begins a pattern and `%` a hash. */
const takers = new Set(
  (
    'and or not xor eq ne lt gt le ge cmp x isa if unless while until foreach for elsif else do eval return print printf say ' +
    'push unshift splice split join grep map sort reverse keys values each delete exists defined undef scalar ref bless ' +
    'die warn open close binmode unlink chdir mkdir rmdir rename chmod chown utime stat lstat opendir readdir ' +
    'sprintf lc uc lcfirst ucfirst length substr index rindex pos quotemeta chomp chop chr ord hex oct int abs sqrt log exp ' +
    'sin cos atan2 rand srand pack unpack vec local my our use no require goto last next redo wait waitpid system exec ' +
    'read sysread syswrite seek tell eof truncate select sleep tie untie tied localtime gmtime caller sub qw lock prototype ' +
    'kill exit crypt formline write sysopen flock getc fileno'
  ).split(' '),
);

/** Words that take nothing, so that `/` divides. */
const loners = new Set('time times wait wantarray fork getppid __FILE__ __LINE__ __PACKAGE__'.split(' '));

/** What has been read of a text so far, as far as it decides what the next sign means. */
export interface Before {
  readonly last: Token | undefined;
  readonly beforeLast: Token | undefined;
  /** Whether the last `}` closed a subscript or a cast, and so an expression. */
  readonly hasClosedSubscript: boolean;
}

/**
 * Whether Perl expects an expression at this place, and not an operator between two: what makes `/` a pattern, `%` and
 * `&` sigils, `<` an input, `?` nothing. Perl knows which subs are declared; we go by the blanks around the sign.
 */
export function expectsTerm(
  { last, beforeLast, hasClosedSubscript }: Before,
  source: string,
  at: number,
): boolean {
  if (last === undefined || last.kind === 'cast') return true;
  if (last.kind === 'operator') {
    if (last.text === '}') return !hasClosedSubscript;
    if (last.text === ')' || last.text === ']') return false;
    if (last.text !== '++' && last.text !== '--') return true;
    return beforeLast === undefined || (beforeLast.kind === 'operator' && !/[)\]}]/.test(beforeLast.text));
  }
  if (last.kind !== 'word' || isSign(beforeLast, '->')) return false;
  if (takers.has(last.text)) return true;
  if (loners.has(last.text) || source.startsWith('//', at)) return false; // `shift // 1`
  return /\s/.test(source.charAt(at - 1)) && !/[\s=]/.test(source.charAt(at + 1));
}
