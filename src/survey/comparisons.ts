import { receiverStart } from './expression.ts';
import { everything, type Look, type Seen } from './look.ts';
import { isSign, isWord, plainText } from './token.ts';

/** A parameter is held against a text that stands in the script. */
export interface Comparison extends Seen {
  readonly parameter: string;
  readonly value: string;
  /** `eq` and `==`, and not their opposites. */
  readonly isEqual: boolean;
}

/** Every comparison of a parameter with a constant: `$action eq 'add'`, `$action =~ /^(?:add|remove)$/`. */
export function comparisonsIn(look: Look): Comparison[] {
  const found: Comparison[] = [];
  for (const seen of everything(look)) {
    const { unit, stream, at, token } = seen;
    const isEqual = isWord(token, 'eq') || isSign(token, '==', '=~');
    if (!isEqual && !isWord(token, 'ne') && !isSign(token, '!=', '!~')) continue;
    const isPattern = isSign(token, '=~', '!~');
    const [before, after] = [stream.tokens[at - 1], stream.tokens[at + 1]];
    const left = { from: receiverStart(stream, at), to: at };
    const isReversed = plainText(before) !== null;
    const side = isReversed ? { from: at + 1, to: at + 2 } : left;
    const parameters = [...look.values.meaningOf(unit, stream, side)].flatMap(parameterOf);
    const text = isReversed ? plainText(before) : plainText(after);
    const values = isPattern
      ? alternatives(after?.kind === 'pattern' ? after.text : '')
      : text === null
        ? []
        : [text];
    for (const parameter of parameters)
      for (const value of values) found.push({ ...seen, parameter, value, isEqual });
  }
  return found;
}

/** The name of the parameter that a value came out of. */
export function parameterOf(meaning: string): string[] {
  return meaning.startsWith('parameter:') ? [meaning.slice('parameter:'.length)] : [];
}

/** The words of a pattern such as `^(add|remove)$`. */
function alternatives(pattern: string): string[] {
  const [, bare, grouped] = /^\^(?:([\w-]+)|\((?:\?:)?([\w|-]+)\))\$$/.exec(pattern) ?? [];
  return (bare ?? grouped)?.split('|').filter((word) => word !== '') ?? [];
}
