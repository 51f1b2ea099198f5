import type { Comparison } from './comparisons.ts';
import { argumentsAt, insideOf, namedArguments, pastBracket, receiverStart } from './expression.ts';
import {
  addPlace,
  type Doubt,
  everything,
  Gathering,
  type Look,
  namesAt,
  perlOf,
  type Place,
  placeOf,
  type Seen,
} from './look.ts';
import { isSign, isWord, plainText } from './token.ts';

/** A parameter that a script takes. */
export interface Parameter {
  /** Bytes, one character each; a `*` stands for what is computed where `isPattern` says so. */
  readonly name: string;
  readonly isPattern: boolean;
  /** `url`: of the address, whatever the method. `file`: the content of an upload is read. */
  readonly from: readonly ('params' | 'url' | 'file')[];
  /** Whether all its values are taken somewhere. */
  readonly isList: boolean;
  /** What stands behind `||` or `//` of its first use; null where nothing does. */
  readonly fallback: { readonly text: string; readonly isNumber: boolean; readonly operator: string } | null;
  /** What it is compared with. */
  readonly values: readonly string[];
  readonly places: readonly Place[];
}

type Growing = {
  -readonly [K in keyof Omit<Parameter, 'from'>]: Parameter[K];
} & { from: Set<'params' | 'url' | 'file'>; places: Place[]; values: string[] };

const readers: Readonly<Record<string, 'params' | 'url' | 'file'>> = {
  param: 'params',
  multi_param: 'params',
  param_fetch: 'params',
  url_param: 'url',
  upload: 'file',
};

/** The parameters that a script takes, wherever it takes them. */
export function parametersIn(look: Look, comparisons: readonly Comparison[], doubts: Doubt[]): Parameter[] {
  const found = new Gathering<Growing>();
  const of = (name: string, isPattern = false): Growing =>
    found.of(`${isPattern} ${name}`, () => ({
      name,
      isPattern,
      from: new Set(),
      isList: false,
      fallback: null,
      values: [],
      places: [],
    }));
  for (const seen of everything(look)) {
    const { kind, text } = seen.token;
    if (kind === 'word' || text.startsWith('&')) readCall(look, seen, of, doubts);
    else if (kind === 'variable') readField(look, seen, of);
  }
  for (const { parameter, value } of comparisons) {
    const { values } = of(parameter);
    if (!values.includes(value)) values.push(value);
  }
  return found
    .all()
    .filter(({ places }) => places.length > 0)
    .map((each) => ({ ...each, from: [...each.from].toSorted() }));
}

type Of = (name: string, isPattern?: boolean) => Growing;

/** `param('x')`, `$q->param('x')`, `CGI::param('x')`, and their relatives. */
function readCall(look: Look, seen: Seen, of: Of, doubts: Doubt[]): void {
  const { unit, stream, at, token } = seen;
  const name = token.text.replace(/^&?(?:CGI::)?/, '');
  const from = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (from === undefined) return;
  const isMethod = isSign(stream.tokens[at - 1], '->');
  const parts = argumentsAt(stream, at);
  if (isMethod) {
    const receiver = look.values.receiver(unit, stream, at - 1);
    if (!receiver.has('query')) {
      if (receiver.size > 0 || parts.length !== 1) return;
      const what = `whether ${perlOf(seen, { from: receiverStart(stream, at - 1), to: at })} is the query`;
      doubts.push({ what, place: placeOf(look, seen) });
      return;
    }
  } else if (
    look.site.named(token.text.replace(/^&/, ''), unit).length > 0 ||
    !isSign(stream.tokens[at + 1], '(')
  )
    return;
  const named = namedArguments(stream, parts);
  const part = named === null ? parts[0] : named.get('name');
  if (named === null ? parts.length > 1 : named.has('value') || named.has('values')) return; // it is set, not read
  if (part === undefined) {
    doubts.push({ what: 'which parameters it goes through: all there are', place: placeOf(look, seen) });
    return;
  }
  const names = namesAt(look, seen, part);
  if (names === null) {
    doubts.push({ what: `the name of the parameter ${perlOf(seen, part)}`, place: placeOf(look, seen) });
    return;
  }
  const isList = name === 'multi_param' || isTakenWhole(seen);
  const fallback = fallbackBehind(seen);
  for (const each of names) {
    const parameter = of(each.text, each.isPattern);
    parameter.from.add(from);
    parameter.isList ||= isList;
    parameter.fallback ??= fallback;
    addPlace(parameter.places, placeOf(look, each));
  }
}

/** `$in{x}` and `$in->{x}` of a hash that holds all parameters. */
function readField(look: Look, seen: Seen, of: Of): void {
  const { unit, stream, at } = seen;
  const open = isSign(stream.tokens[at + 1], '->') ? at + 2 : at + 1;
  const inside = insideOf(stream, open);
  if (!isSign(stream.tokens[open], '{') || inside === null) return;
  const name = inside.to === inside.from + 1 ? plainText(stream.tokens[inside.from]) : null;
  const isSet = isSign(stream.tokens[inside.to + 1], '=');
  if (name === null || isSet || !look.values.wholeAt(unit, stream, at).has('fields')) return;
  const parameter = of(name);
  parameter.from.add('params');
  addPlace(parameter.places, placeOf(look, seen));
}

/** `my @all = param('x')`, `foreach my $one (param('x'))` */
function isTakenWhole({ stream, at }: Seen): boolean {
  const start = isSign(stream.tokens[at - 1], '->') ? receiverStart(stream, at - 1) : at;
  const [before, beforeThat] = [stream.tokens[start - 1], stream.tokens[start - 2]];
  if (isSign(before, '=')) return beforeThat?.kind === 'variable' && beforeThat.text.startsWith('@');
  if (isWord(before, 'grep', 'map', 'sort') || isWord(before, 'join')) return true;
  const isLoop = isSign(before, '(') && beforeThat?.kind === 'variable';
  return isLoop && (isWord(stream.tokens[start - 3], 'my', 'foreach', 'for') || false);
}

function fallbackBehind({ stream, at }: Seen): Parameter['fallback'] {
  const end = isSign(stream.tokens[at + 1], '(') ? pastBracket(stream, at + 1) : at + 2;
  const [operator, value, after] = stream.tokens.slice(end, end + 3);
  const text = isSign(operator, '||', '//') ? plainText(value) : null;
  if (text === null || !(after === undefined || isSign(after, ';', ',', ')', '}'))) return null;
  return { text, isNumber: value?.kind === 'number', operator: operator?.text ?? '' };
}
