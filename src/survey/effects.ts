import { argumentsAt, type Range } from './expression.ts';
import { everything, type Look, namesAt, perlOf, type Place, placeOf, type Seen } from './look.ts';
import { patternOf } from './names.ts';
import { isSign, isWord, type Token } from './token.ts';

/** Something that a script does outside of its database and its session, and that no rollback undoes; or a file it needs. */
export interface Effect {
  readonly kind: 'mail' | 'file' | 'program' | 'network' | 'reads a file';
  /** The Perl that does it. */
  readonly what: string;
  readonly place: Place;
}

const fileWords = [
  'unlink',
  'rename',
  'mkdir',
  'rmdir',
  'chmod',
  'chown',
  'utime',
  'symlink',
  'truncate',
  'dbmopen',
];
const programWords = ['system', 'exec', 'fork', 'kill'];
const mailClasses = /^(?:Mail::|Net::SMTP|MIME::Lite|Email::|Sendmail)/;
const networkClasses =
  /^(?:LWP\b|HTTP::(?:Tiny|Request|Async)|Net::(?!SMTP)|IO::Socket|WWW::|SOAP::|XMLRPC::|XML::RPC|Frontier::)/;

/** What a script does outside. */
export function effectsIn(look: Look): Effect[] {
  const effects: Effect[] = [];
  for (const seen of everything(look)) {
    const kind = kindOf(look, seen);
    if (kind === null) continue;
    const { stream, at, token } = seen;
    const parts = token.kind === 'word' ? argumentsAt(stream, at) : [];
    const to = Math.max(at + 1, parts.at(-1)?.to ?? 0) + (isSign(stream.tokens[at + 1], '(') ? 1 : 0);
    effects.push({ kind, what: perlOf(seen, { from: at, to }), place: placeOf(look, seen) });
  }
  return effects;
}

function kindOf(look: Look, seen: Seen): Effect['kind'] | null {
  const { unit, stream, at, token } = seen;
  const isMethod = isSign(stream.tokens[at - 1], '->');
  if (token.kind === 'shell') return mailOr('program', token.text);
  if (token.kind !== 'word' || isMethod) return null;
  if (isWord(token, 'open', 'sysopen')) return openedAs(look, seen);
  if (isWord(token, ...fileWords)) return 'file';
  if (isWord(token, ...programWords))
    return mailOr('program', perlOf(seen, { from: at, to: Math.min(at + 6, stream.tokens.length) }));
  if (isWord(token, 'sendmail') && look.site.named(token.text, unit).length === 0) return 'mail';
  if (
    isWord(token, 'copy', 'move') &&
    isSign(stream.tokens[at + 1], '(') &&
    look.site.named(token.text, unit).length === 0
  )
    return 'file';
  if (isWord(token, 'tie') && stream.tokens.slice(at, at + 8).some(isFileClass)) return 'file';
  const isMade = isWord(stream.tokens[at - 1], 'new') || isSign(stream.tokens[at + 1], '->');
  if (!isMade) return null;
  if (mailClasses.test(token.text)) return 'mail';
  return networkClasses.test(token.text) ? 'network' : null;
}

function isFileClass({ text }: Token): boolean {
  return /^(?:[GNSO]?DBM?_File|DB_File|Tie::File|MLDBM)\b/.test(text);
}

function mailOr(kind: 'program', perl: string): 'mail' | 'program' {
  return /sendmail|mailprog|qmail-inject|\bmailx?\b/i.test(perl) ? 'mail' : kind;
}

/** What an `open` is for, by its mode, or by the first sign of the name it is given. */
function openedAs(look: Look, seen: Seen): Effect['kind'] {
  const { stream, at, token } = seen;
  const parts = argumentsAt(stream, at);
  const [handle, second] = parts;
  const all =
    handle === undefined ? '' : perlOf(seen, { from: handle.from, to: parts.at(-1)?.to ?? handle.to });
  if (token.text === 'sysopen')
    return /O_(?:WRONLY|RDWR|CREAT|APPEND|TRUNC)/.test(all) ? 'file' : 'reads a file';
  const text = second === undefined ? '' : textOf(look, seen, second);
  const mode = text.trim();
  if (mode.startsWith('|') || mode.endsWith('|')) return mailOr('program', all);
  if (mode === '-|' || mode === '|-') return mailOr('program', all);
  return /^\+?>|^\+</.test(mode) ? 'file' : 'reads a file';
}

function textOf(look: Look, seen: Seen, part: Range): string {
  const pattern = patternOf(seen.stream, part);
  return pattern ?? namesAt(look, seen, part)?.[0]?.text ?? '';
}
