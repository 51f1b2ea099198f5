import { insideOf } from './expression.ts';
import { everything, type Look, perlOf, type Place, placeOf, type Seen } from './look.ts';
import type { Statement } from './statements.ts';
import { isSign, isWord, type Token } from './token.ts';

/** Something that a port has to mind: Perl or the old page does it another way than one would expect. */
export interface Mind {
  readonly code: keyof typeof minds;
  readonly places: readonly Place[];
}

/** What there is to mind, in a sentence that says what to write. Most of it is explained in docs/porting-notes.md. */
export const minds = {
  'parameter as number': 'a parameter is used as a number: perl.number(x), and "10 pcs" is 10',
  'parameter as truth': 'a parameter is asked whether it is true: perl.isTrue(x), and "0" is not',
  sprintf: 'sprintf rounds halves to even: perl.sprintf(…)',
  modulo: '% takes the sign of its right side: perl.modulo(a, b)',
  int: 'int cuts off: perl.int(x)',
  localtime: 'localtime counts months from 0 and years from 1900: perl.localtime(now)',
  time: 'the time of the request: now',
  rand: 'chance: random()',
  split: 'split leaves out empty fields at the end: perl.split(…)',
  'end of line': '$ in a pattern also matches before a last line end: /^\\d+\\n?$/',
  'white space':
    '\\s in a pattern takes U+00A0, too, where Perl does not: [ \\t\\n\\r\\f\\v], and [^ \\t\\n\\r\\f\\v] for \\S',
  'numeric sort': 'sort { $a <=> $b } compares numbers: perl.number(a) - perl.number(b)',
  'order of keys': 'keys without sort come in another order each time in Perl: choose one',
  'piece by piece': 'the page is sent piece by piece; that of a port comes whole, when it is committed',
  'own transaction': 'locks or transactions of its own: a port is in one transaction, and may not end it',
  'new id': 'the id of a new row: insertId of what db.query gives',
  'code in text': 'code that is made while it runs (eval of a text): nothing in it was read',
} as const;

/** What a port of these scripts has to mind. */
export function mindsIn(look: Look, statements: readonly Statement[]): Mind[] {
  const found = new Map<Mind['code'], Place[]>();
  const add = (code: Mind['code'], place: Place): void => {
    const places = found.get(code) ?? [];
    if (!places.some(({ file, line }) => file === place.file && line === place.line)) places.push(place);
    found.set(code, places);
  };
  for (const seen of everything(look)) for (const code of codesOf(look, seen)) add(code, placeOf(look, seen));
  for (const { verb, text, place } of statements) {
    if (verb === 'LOCK' || verb === 'UNLOCK') add('own transaction', place);
    if (/LAST_INSERT_ID/i.test(text)) add('new id', place);
  }
  return (Object.keys(minds) as Mind['code'][]).flatMap((code) => {
    const places = found.get(code);
    return places === undefined ? [] : [{ code, places }];
  });
}

function codesOf(look: Look, seen: Seen): Mind['code'][] {
  const { stream, at, token } = seen;
  const [before, next] = [stream.tokens[at - 1], stream.tokens[at + 1]];
  if (token.kind === 'word') return isSign(before, '->') ? ofMethod(token) : ofWord(seen);
  if (token.kind === 'operator') return token.text === '%' || token.text === '%=' ? ['modulo'] : [];
  if (token.kind === 'pattern') return ofPattern(seen);
  if (token.kind === 'string') return ofText(token.text);
  if (token.kind !== 'variable') return [];
  if (token.text === '$|' && isSign(next, '=', '++')) return ['piece by piece'];
  return ofParameter(look, seen);
}

function ofPattern(seen: Seen): Mind['code'][] {
  const hasWhiteSpace = /(?<!\\)(?:\\\\)*\\s/i.test(seen.token.text);
  return [
    ...(endsAtLineEnd(seen) ? ['end of line' as const] : []),
    ...(hasWhiteSpace ? ['white space' as const] : []),
  ];
}

/** A match that ends with `$`; a substitution takes away what is there. */
function endsAtLineEnd(seen: Seen): boolean {
  const { text } = seen.token;
  const isMatch = !perlOf(seen, { from: seen.at, to: seen.at + 1 }).startsWith('s');
  return isMatch && /[^\\]\$$/.test(text) && /\\d|\\w|\]|\)/.test(text);
}

function ofText(text: string): Mind['code'][] {
  if (text === 'mysql_insertid' || text === 'insertid') return ['new id'];
  const isOwn =
    /^(?:BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\b/.test(text) || /\b(?:GET|RELEASE)_LOCK\s*\(/i.test(text);
  return isOwn ? ['own transaction'] : [];
}

function ofMethod(token: Token): Mind['code'][] {
  if (isWord(token, 'begin_work', 'commit', 'rollback')) return ['own transaction'];
  return isWord(token, 'last_insert_id') ? ['new id'] : [];
}

function ofWord({ stream, at, token }: Seen): Mind['code'][] {
  const [before, next] = [stream.tokens[at - 1], stream.tokens[at + 1]];
  switch (token.text) {
    case 'sprintf':
    case 'printf':
      return ['sprintf'];
    case 'int':
    case 'time':
    case 'rand':
    case 'split':
      return [token.text];
    case 'localtime':
    case 'gmtime':
    case 'strftime':
      return ['localtime'];
    case 'sort': {
      const block = insideOf(stream, at + 1);
      const isNumeric =
        block !== null && stream.tokens.slice(block.from, block.to).some((each) => isSign(each, '<=>'));
      return isNumeric ? ['numeric sort'] : [];
    }
    case 'keys':
    case 'each':
    case 'values':
      return isSorted(stream.tokens, at) ? [] : ['order of keys'];
    case 'select':
    case 'sleep':
      return token.text === 'sleep' || isWord(stream.tokens[at + 2], 'undef') ? ['piece by piece'] : [];
    case 'eval':
      return isSign(next, '{') || isSign(before, '->') ? [] : ['code in text'];
    default:
      return [];
  }
}

/** `sort keys %h`, `sort { … } keys %h`, and counts of keys, whose order is nothing. */
function isSorted(tokens: readonly Token[], at: number): boolean {
  const before = tokens.slice(Math.max(0, at - 30), at);
  const start = before.findLastIndex((token) => isSign(token, ';', '=') || isWord(token, 'foreach', 'for'));
  return before.slice(start + 1).some((token) => isWord(token, 'sort', 'scalar', 'if', 'unless'));
}

const numbers = [
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '<=>',
  '+',
  '-',
  '*',
  '/',
  '+=',
  '-=',
  '*=',
  '/=',
  '++',
  '--',
];
const truths = ['||', '&&', '?'];

function ofParameter({ values }: Look, seen: Seen): Mind['code'][] {
  const { unit, stream, at, token } = seen;
  if (!token.text.startsWith('$') || isSign(stream.tokens[at + 1], '{', '[', '->')) return [];
  const isParameter = [...values.meaningOf(unit, stream, { from: at, to: at + 1 })].some((each) =>
    each.startsWith('parameter:'),
  );
  if (!isParameter) return [];
  const [before, next] = [stream.tokens[at - 1], stream.tokens[at + 1]];
  const isNumber = isSign(next, ...numbers) || isSign(before, ...numbers);
  const isAsked =
    isSign(before, '!') ||
    (isSign(before, '(') && isWord(stream.tokens[at - 2], 'if', 'unless', 'elsif') && isSign(next, ')'));
  const isTruth = isAsked || isSign(next, ...truths) || (isWord(before, 'if', 'unless') && isSign(next, ';'));
  return [
    ...(isNumber ? ['parameter as number' as const] : []),
    ...(isTruth ? ['parameter as truth' as const] : []),
  ];
}
