/** Numbers that look like chance and are the same on every run; a million of them cost nothing. */
export class Chance {
  #state: number;

  /** Neighbouring seeds give unlike numbers. */
  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  /** A whole number from 0 to `end` - 1: Mulberry32. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % end;
  }

  /** One of these, of which there must be some. */
  pick<Thing>(from: readonly Thing[]): Thing {
    return from[this.below(from.length)] as Thing;
  }
}

/** What mutations are made of. */
export interface Breed {
  /** Sessions to begin with. */
  readonly sessions: readonly Buffer[];
  /** Pieces that mean something in the format. */
  readonly tokens: readonly Buffer[];
}

/** No input grows beyond this: a million of them should end today. */
const longest = 256 * 1024;

type Mutation = (bytes: Buffer, breed: Breed, chance: Chance) => Buffer;

/** An input that a codec must survive: one of the sessions, changed, or noise. The same for the same number. */
export function hostileInput(breed: Breed, number: number): Buffer {
  const chance = new Chance(number);
  if (chance.below(20) === 0) return noise(chance, 1 + chance.below(400));
  let bytes = chance.pick(breed.sessions);
  // Most change little: what is refused at the first byte teaches nothing about the others.
  for (let left = 1 + chance.below(1 + chance.below(4)); left > 0; left -= 1) {
    const mutate = chance.below(100) === 0 ? nest : chance.pick(mutations);
    bytes = mutate(bytes, breed, chance).subarray(0, longest);
  }
  return bytes;
}

function noise(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.below(256)));
}

/** Puts something in the place of some of the bytes. */
function replaced(bytes: Buffer, at: number, removed: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}

/** A part that is rather short, but may be anything. */
function part(bytes: Buffer, chance: Chance): Buffer {
  const start = chance.below(bytes.length + 1);
  return bytes.subarray(start, start + 1 + chance.below(chance.below(4) === 0 ? bytes.length + 1 : 40));
}

function flipBits(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  const flipped = Buffer.from(bytes);
  if (bytes.length === 0) return flipped;
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const at = chance.below(bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8));
  }
  return flipped;
}

/** Another letter for a letter, another digit for a digit: where text may be anything, it is still a session. */
function tweak(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  const tweaked = Buffer.from(bytes);
  for (let left = 1 + chance.below(3); left > 0; left -= 1) {
    const at = chance.below(bytes.length + 1);
    const byte = String.fromCharCode(tweaked[at] ?? 0);
    const kind = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((all) =>
      all.includes(byte),
    );
    if (kind !== undefined) tweaked[at] = kind.charCodeAt(chance.below(kind.length));
  }
  return tweaked;
}

function cutOff(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  return bytes.subarray(0, chance.below(bytes.length + 1));
}

function cutOut(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  return replaced(bytes, chance.below(bytes.length + 1), 1 + chance.below(20), Buffer.alloc(0));
}

function splice(bytes: Buffer, { sessions }: Breed, chance: Chance): Buffer {
  const at = chance.below(bytes.length + 1);
  return replaced(bytes, at, chance.below(20), part(chance.pick(sessions), chance));
}

function repeat(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  const piece = part(bytes, chance);
  const times = Math.min(1 << chance.below(12), Math.ceil(longest / 8 / (piece.length + 1)));
  const at = chance.below(bytes.length + 1);
  return replaced(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => piece)));
}

function insertToken(bytes: Buffer, { tokens }: Breed, chance: Chance): Buffer {
  return replaced(bytes, chance.below(bytes.length + 1), chance.below(8), chance.pick(tokens));
}

function insertNoise(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  return replaced(bytes, chance.below(bytes.length + 1), chance.below(4), noise(chance, 1 + chance.below(4)));
}

/** Numbers at which lengths, signs and counters turn. */
const lengths = [
  'ffffffff',
  '7fffffff',
  '80000000',
  '00ffffff',
  '00010000',
  'ffff0000',
  'ff',
  '80',
  '7f',
  '00',
];
const digits = ['999999999', '4294967296', '99999999999999999999', '-1', '0', '65536'];

/** A length that is announced: some bytes of it, or a number in the text. */
function blowUp(bytes: Buffer, _breed: Breed, chance: Chance): Buffer {
  const from = chance.below(bytes.length + 1);
  const number = chance.below(2) === 0 ? /\d+/.exec(bytes.toString('latin1', from)) : null;
  if (number !== null)
    return replaced(bytes, from + number.index, number[0].length, Buffer.from(chance.pick(digits)));
  const length = Buffer.from(chance.pick(lengths), 'hex');
  return replaced(bytes, from, length.length, length);
}

/** Things in things in things. */
function nest(bytes: Buffer, { tokens }: Breed, chance: Chance): Buffer {
  const token = chance.pick(tokens);
  const times = Math.min(1 << chance.below(18), Math.ceil(longest / token.length));
  const at = chance.below(bytes.length + 1);
  return replaced(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => token)));
}

const mutations: readonly Mutation[] = [
  flipBits,
  flipBits,
  tweak,
  tweak,
  tweak,
  cutOff,
  cutOut,
  splice,
  repeat,
  insertToken,
  insertToken,
  insertNoise,
  blowUp,
];
