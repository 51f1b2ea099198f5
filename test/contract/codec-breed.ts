import type { SessionData, SessionValue } from '../../src/session/session.ts';
import { codecFixtures } from './codec-fixtures.ts';
import type { Format } from './codec-formats.ts';
import { tokensOf } from './codec-tokens.ts';
import type { Breed } from './mutations.ts';

/** What the hostile inputs of a format are bred from: its fixtures, what is hard for JavaScript, and what is deep. */
export function breedOf({ name, codec, serializer }: Format): Breed {
  const fixtures = codecFixtures(serializer).map(({ bytes }) => bytes);
  const made = [trap('__proto__'), trap('constructor'), { deep: nested(100) }, { deep: nested(250) }];
  return {
    sessions: [...fixtures, ...made.map((data) => codec.encode(data, null))],
    tokens: tokensOf(name),
  };
}

/** `{"__proto__": {"__proto__": {"polluted": 1}}}`, with keys of their own. */
function trap(key: string): SessionData {
  const around = (inner: SessionValue): SessionData => {
    const hash: SessionData = Object.create(null);
    hash[key] = inner;
    return hash;
  };
  return around(around({ polluted: 1 }));
}

function nested(depth: number): SessionValue {
  let value: SessionValue = 'bottom';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { k: value };
  return value;
}
