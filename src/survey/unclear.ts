import { insideOf } from './expression.ts';
import { type Doubt, everything, type Look, perlOf, placeOf } from './look.ts';
import { patternOf } from './names.ts';
import { isSign, isWord } from './token.ts';

/** What a script does in a way that hides facts of any kind: files that it loads by a computed name, and forms that it reads by hand. */
export function unclearIn(look: Look, hasParameters: boolean): Doubt[] {
  const doubts: Doubt[] = [];
  for (const seen of everything(look)) {
    const { stream, at, token } = seen;
    const next = stream.tokens[at + 1];
    const isLoad = isWord(token, 'require', 'do') && !isSign(stream.tokens[at - 1], '->');
    if (isLoad && (next?.kind === 'string' || next?.kind === 'variable')) {
      const inside = { from: at + 1, to: at + 2 };
      const isComputed = next.kind === 'variable' || patternOf(stream, inside)?.includes('*') === true;
      if (isComputed)
        doubts.push({ what: `which file it loads: ${perlOf(seen, inside)}`, place: placeOf(look, seen) });
    }
    const isByHand =
      token.text === '$ENV' && insideOf(stream, at + 1) !== null && isFormWord(stream.tokens[at + 2]?.text);
    if (isByHand && !hasParameters)
      doubts.push({
        what: 'which parameters it reads out of the request by hand',
        place: placeOf(look, seen),
      });
  }
  return doubts;
}

function isFormWord(name: string | undefined): boolean {
  return name === 'QUERY_STRING' || name === 'CONTENT_LENGTH';
}
