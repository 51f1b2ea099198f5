import type { Test } from 'tap';
import { attempt } from './attempt.ts';
import { breedOf } from './codec-breed.ts';
import type { CodecFixture } from './codec-fixtures.ts';
import type { Format } from './codec-formats.ts';
import { hostileInput } from './mutations.ts';

/** Enough to touch every branch; `npm run bench -- fuzz` does a million. */
const inputs = 4000;

/** Sessions cut short at every byte, and bred from by chance: what may come of it is said in attempt.ts. */
export function damage(t: Test, format: Format, fixtures: readonly CodecFixture[]): void {
  const { codec } = format;
  for (const { bytes } of fixtures.filter(({ bytes: { length } }) => length < 1500)) {
    for (let length = 0; length < bytes.length; length += 1) attempt(codec, bytes.subarray(0, length));
  }
  const breed = breedOf(format);
  let read = 0;
  let slowest = 0;
  for (let number = 0; number < inputs; number += 1) {
    const outcome = survived(format, hostileInput(breed, number), number);
    read += Number(outcome.read);
    slowest = Math.max(slowest, outcome.decodeMs);
  }
  t.ok(read > inputs / 50, `${read} of ${inputs} hostile inputs are still sessions`);
  t.ok(slowest < 5000, `the slowest took ${Math.round(slowest)} ms`);
  t.equal(({} as { polluted?: number }).polluted, undefined);
}

function survived({ name, codec }: Format, input: Buffer, number: number): ReturnType<typeof attempt> {
  try {
    return attempt(codec, input);
  } catch (error) {
    throw new Error(`${name}, input ${number}: ${input.toString('hex', 0, 1000)}`, { cause: error });
  }
}
