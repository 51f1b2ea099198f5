import { argumentsAt, insideOf, type Range, receiverStart } from './expression.ts';
import {
  byItsName,
  commaAfter,
  isFilledByHand,
  madeBy,
  type Meaning,
  type Meanings,
  nothing,
  onlyName,
  parameterAt,
  pastArguments,
  returnsOf,
} from './meaning.ts';
import { Memory } from './memory.ts';
import type { Call, Site } from './site.ts';
import { isSign, isWord, plainText, type Token } from './token.ts';
import type { Stream, Unit } from './unit.ts';
import { type Assignment, bareName, type Variables, wholeOf } from './variables.ts';

/** What is known of the variables of a site, and of what its subs return. */
export interface Values {
  /** What an expression means that begins at `from`, up to `to`. */
  meaningOf(unit: Unit, stream: Stream, range: Range): Meanings;
  /** What the receiver of the `->` at this place means; told by its name, where nothing else is known. */
  receiver(unit: Unit, stream: Stream, arrow: number): Meanings;
  /** What the variable at this place means, of an element that of the whole: `$in{x}` is an element of `%in`, `$in->{x}` of `$in`. */
  wholeAt(unit: Unit, stream: Stream, at: number): Meanings;
  variablesOf(unit: Unit): Variables;
  /** Everything that is put into a variable of that name, as this unit sees it. */
  assignmentsTo(unit: Unit, name: string): readonly Assignment[];
}

/** Passes over the whole site until nothing new is found: as many as a value may be handed on. */
const mostPasses = 8;

/** Finds out what the variables of a site hold, from what is put into them and handed to subs. */
export function findValues(site: Site): Values {
  const finder = new Finder(site);
  for (let pass = 0; pass < mostPasses && finder.pass(); pass++);
  return finder;
}

class Finder implements Values {
  readonly #site: Site;
  readonly #memory: Memory;
  readonly #usesApacheSession: boolean;

  constructor(site: Site) {
    this.#site = site;
    this.#memory = new Memory(site);
    this.#usesApacheSession = site.units.some(({ streams }) =>
      streams.some(({ tokens }) => tokens.some(({ text }) => text.startsWith('Apache::Session'))),
    );
  }

  variablesOf(unit: Unit): Variables {
    return this.#memory.variablesOf(unit);
  }

  assignmentsTo(unit: Unit, name: string): readonly Assignment[] {
    return this.#memory.assignmentsTo(unit, name);
  }

  /** One look at everything; whether it told anything new. */
  pass(): boolean {
    this.#memory.hasChanged = false;
    for (const unit of this.#site.units) {
      for (const each of this.variablesOf(unit).assignments) this.#assign(each);
      for (const stream of unit.streams) this.#look(unit, stream);
      for (const range of returnsOf(unit))
        this.#memory.hold(
          this.#memory.returned(unit),
          this.meaningOf(unit, unit.streams[0] as Stream, range),
        );
    }
    for (const call of this.#site.calls) this.#hand(call);
    return this.#memory.hasChanged;
  }

  #assign({ unit, stream, names, operator, value }: Assignment): void {
    if (operator === '.=') return;
    const inside = names.length > 1 ? insideOf(stream, value.from) : null;
    if (inside === null) {
      const [name] = names;
      if (name === undefined || names.length > 1) return;
      const meaning = this.meaningOf(unit, stream, value);
      // `my %copy = %$session` is another hash; of parameters a copy is as good.
      this.#memory.hold(
        this.#memory.variable(unit, name),
        /^[%@]/.test(name) ? new Set([...meaning].filter((each) => each === 'fields')) : meaning,
      );
      return;
    }
    let { from } = inside;
    for (const name of names) {
      const to = commaAfter(stream, from, inside.to);
      this.#memory.hold(this.#memory.variable(unit, name), this.meaningOf(unit, stream, { from, to }));
      from = to + 1;
    }
  }

  /** What is no assignment: members of objects, tied hashes, and hashes that are filled by hand. */
  #look(unit: Unit, stream: Stream): void {
    const { tokens } = stream;
    for (const [at, token] of tokens.entries()) {
      if (token.kind === 'string') {
        const isMember =
          isSign(tokens[at + 1], '=>') || (isSign(tokens[at + 1], '}') && isSign(tokens[at + 2], '='));
        const from = isSign(tokens[at + 1], '=>') ? at + 2 : at + 3;
        if (isMember)
          this.#memory.hold(
            this.#memory.member(token.text),
            this.meaningOf(unit, stream, { from, to: commaAfter(stream, from, tokens.length) }),
          );
      } else if (isWord(token, 'tie')) this.#tie(unit, stream, at);
      else if (isWord(token, 'ReadParse') || token.text === '&ReadParse') {
        const [given] = argumentsAt(stream, at);
        const name =
          given === undefined ? '%in' : `%${bareName(tokens[given.to - 1]?.text ?? '').replace(/^\W+/, '')}`;
        this.#memory.hold(this.#memory.variable(unit, name), new Set<Meaning>(['fields']));
      } else if (token.kind === 'variable') this.#byHand(unit, stream, at);
    }
  }

  #tie(unit: Unit, stream: Stream, at: number): void {
    const [target, kind] = argumentsAt(stream, at);
    const hash = target === undefined ? undefined : stream.tokens[target.to - 1];
    if (kind === undefined || hash?.kind !== 'variable' || !hash.text.startsWith('%')) return;
    const named = stream.tokens[kind.from];
    const isSession =
      named?.kind === 'variable' ? this.#usesApacheSession : /^Apache::Session\b/.test(named?.text ?? '');
    if (isSession)
      this.#memory.hold(this.#memory.variable(unit, bareName(hash.text)), new Set<Meaning>(['tied']));
  }

  /** `$FORM{$name} = $value` where the form is read by hand, as in scripts from before CGI.pm. */
  #byHand(unit: Unit, stream: Stream, at: number): void {
    const { tokens } = stream;
    const [token, key] = [tokens[at] as Token, tokens[at + 2]];
    if (!token.text.startsWith('$') || !isSign(tokens[at + 1], '{') || key?.kind !== 'variable') return;
    if (!isSign(tokens[at + 3], '}') || !isSign(tokens[at + 4], '=', '.=') || !isFilledByHand(stream, at))
      return;
    this.#memory.hold(
      this.#memory.variable(unit, wholeOf(token, tokens[at + 1])),
      new Set<Meaning>(['fields']),
    );
  }

  /** What a call hands to the parameters of a sub. */
  #hand({ unit, stream, to, isMethod, parts }: Call): void {
    const names = this.variablesOf(to).parameters;
    for (const [at, part] of parts.entries()) {
      const name = names[at + (isMethod ? 1 : 0)];
      if (name !== undefined && name !== '')
        this.#memory.hold(this.#memory.variable(to, name), this.meaningOf(unit, stream, part));
    }
  }

  wholeAt(unit: Unit, { tokens }: Stream, at: number): Meanings {
    const token = tokens[at];
    return token === undefined
      ? nothing
      : this.#memory.meaning(this.#memory.variable(unit, wholeOf(token, tokens[at + 1])));
  }

  receiver(unit: Unit, stream: Stream, arrow: number): Meanings {
    const from = receiverStart(stream, arrow);
    const known = this.meaningOf(unit, stream, { from, to: arrow });
    return known.size > 0 ? known : byItsName(stream.tokens[arrow - 1], stream.tokens[arrow - 2]);
  }

  meaningOf(unit: Unit, stream: Stream, { from, to }: Range): Meanings {
    const { tokens } = stream;
    let at = from;
    while (at < to && (isWord(tokens[at], 'scalar', 'my', 'our', 'local') || isSign(tokens[at], '\\'))) at++;
    const inside = insideOf(stream, at);
    const token = tokens[at];
    if (token === undefined || at >= to) return nothing;
    let meaning = nothing;
    if (token.kind === 'cast') {
      const isSigil = /^[$@%]$/.test(token.text);
      const block = insideOf(stream, at + 1);
      const target = block ?? { from: at + 1, to: at + 2 };
      meaning = isSigil ? this.meaningOf(unit, stream, target) : nothing;
      at = block === null ? at + 2 : block.to + 1;
    } else if (isSign(token, '(', '{') && inside !== null) {
      if (isSign(token, '(')) meaning = this.meaningOf(unit, stream, inside);
      at = inside.to + 1;
    } else if (token.kind === 'variable' && !token.text.startsWith('&')) {
      const name = wholeOf(token, at + 1 < to ? tokens[at + 1] : undefined);
      meaning = this.#memory.meaning(this.#memory.variable(unit, name));
      at++;
    } else if (token.kind === 'word' || token.kind === 'variable') {
      [meaning, at] = this.#named(unit, stream, at);
    } else return nothing;
    return this.#chain(unit, stream, { from: at, to }, meaning);
  }

  /** A class, a function of CGI.pm's, or a sub of the site. */
  #named(unit: Unit, stream: Stream, at: number): [Meanings, number] {
    const { tokens } = stream;
    const [token, next] = [tokens[at] as Token, tokens[at + 1]];
    if (isWord(token, 'new') && next?.kind === 'word')
      return [madeBy(next.text), pastArguments(stream, at + 1)];
    if (isSign(next, '->') && isWord(tokens[at + 2], 'new', 'load', 'instance')) {
      const made = madeBy(token.text.replace(/::$/, ''));
      if (made.size > 0) return [made, pastArguments(stream, at + 2)];
    }
    const name = token.text.replace(/^&/, '');
    const subs = this.#site.named(name, unit);
    if (subs.length > 0) return [this.#together(subs), pastArguments(stream, at)];
    if ((name === 'param' || name === 'url_param') && isSign(next, '('))
      return [parameterAt(stream, at), pastArguments(stream, at)];
    return [name === 'Vars' ? new Set<Meaning>(['fields']) : nothing, pastArguments(stream, at)];
  }

  #together(subs: readonly Unit[]): Meanings {
    return new Set(subs.flatMap((sub) => [...this.#memory.meaning(this.#memory.returned(sub))]));
  }

  /** What `->` and subscripts make of a meaning. */
  #chain(unit: Unit, stream: Stream, { from, to }: Range, start: Meanings): Meanings {
    const { tokens } = stream;
    let [meaning, at] = [start, from];
    while (at < to) {
      const isArrow = isSign(tokens[at], '->');
      const step = isArrow ? at + 1 : at;
      const token = tokens[step];
      const inside = insideOf(stream, step);
      if (isSign(token, '{', '[') && inside !== null) {
        meaning = this.#element(meaning, inside.to === inside.from + 1 ? tokens[inside.from] : undefined);
        at = inside.to + 1;
      } else if (isArrow && token?.kind === 'word') {
        const known = meaning.size > 0 ? meaning : byItsName(tokens[at - 1], tokens[at - 2]);
        meaning = this.#method(unit, stream, step, known);
        at = pastArguments(stream, step);
      } else break;
    }
    return meaning;
  }

  #element(meaning: Meanings, key: Token | undefined): Meanings {
    const name = plainText(key);
    const found = new Set<Meaning>();
    for (const each of meaning) {
      if (each === 'tied' && name !== null) found.add(`key:${name}`);
      if (each === 'fields' && name !== null) found.add(`parameter:${name}`);
      if (each.startsWith('key:')) found.add(each);
    }
    return found.size > 0 || meaning.size > 0 || name === null
      ? found
      : this.#memory.meaning(this.#memory.member(name));
  }

  #method(unit: Unit, stream: Stream, at: number, meaning: Meanings): Meanings {
    const name = stream.tokens[at]?.text ?? '';
    if (meaning.has('query')) {
      if (name === 'param' || name === 'url_param') return parameterAt(stream, at);
      return name === 'Vars' ? new Set<Meaning>(['fields']) : nothing;
    }
    if (meaning.has('session')) {
      const key = name === 'param' ? onlyName(stream, at) : null;
      if (key !== null) return new Set<Meaning>([`key:${key}`]);
      return name === 'dataref' || name === 'param_hashref' ? new Set<Meaning>(['tied']) : nothing;
    }
    const own = meaning.size === 0 ? this.#site.callsFrom.get(unit) : undefined;
    return this.#together(
      (own ?? []).filter((call) => call.stream === stream && call.at === at).map(({ to }) => to),
    );
  }
}
