import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SessionCodec } from '../src/session/codec.ts';
import { attempt } from '../test/contract/attempt.ts';
import { hostileInput } from '../test/contract/mutations.ts';
import { breedOf } from '../test/contract/codec-breed.ts';
import { everyFormat } from '../test/contract/codec-formats.ts';
import { atMost, rounded, type Bench } from './report.ts';

/** The heap is measured this often; the first of them is what the others are held against. */
const intervals = 10;

const showAtMost = 10;

/** What we found out about one format. */
interface Tally {
  inputs: number;
  read: number;
  grown: number;
  broken: number;
  slowestMs: number;
}

/** Changed, cut, spliced, nested and random bytes for every codec: none may crash it, hold it up or stay in memory. */
export const bench: Bench = {
  run: async ({ say }) => {
    const inputs = wholeNumber('BENCH_FUZZ_INPUTS', 1_000_000);
    const seed = wholeNumber('BENCH_FUZZ_SEED', 20261123);
    say(`${inputs} inputs from the seed ${seed} (BENCH_FUZZ_INPUTS, BENCH_FUZZ_SEED)`);
    const formats = everyFormat().map((format) => ({ ...format, breed: breedOf(format) }));
    const tallies = formats.map((): Tally => ({ inputs: 0, read: 0, grown: 0, broken: 0, slowestMs: 0 }));
    const heaps: number[] = [];
    const ownOfObject = Reflect.ownKeys(Object.prototype).length;
    for (let number = 0; number < inputs; number += 1) {
      const which = number % formats.length;
      const [format, tally] = [formats[which], tallies[which]];
      if (format === undefined || tally === undefined) continue;
      const input = hostileInput(format.breed, seed + number);
      tally.inputs += 1;
      try {
        const { read, grown, decodeMs } = attempt(format.codec, input);
        tally.read += Number(read);
        tally.grown += Number(grown);
        if (decodeMs > tally.slowestMs)
          tally.slowestMs = Math.max(tally.slowestMs, Math.min(decodeMs, again(format.codec, input)));
      } catch (error) {
        tally.broken += 1;
        const shown = input.toString('hex', 0, 1000);
        if (tally.broken <= showAtMost)
          say(`${format.name}, input ${seed + number}: ${String(error)}\n${shown}`);
      }
      if ((number + 1) % Math.ceil(inputs / intervals) === 0) {
        heaps.push(heapMegabytes());
        say(`${number + 1} inputs, ${heaps.at(-1)?.toFixed(1)} MB of heap`);
      }
    }
    const sum = (figure: (tally: Tally) => number): number =>
      tallies.reduce((all, tally) => all + figure(tally), 0);
    const polluted = Reflect.ownKeys(Object.prototype).length - ownOfObject;
    return {
      rows: formats.map(({ name }, which) => {
        const { inputs = 0, read = 0, grown = 0, broken = 0, slowestMs = 0 } = tallies[which] ?? {};
        return {
          case: name,
          inputs,
          'still a session': read,
          'took a key': grown,
          broken,
          'slowest ms': rounded(slowestMs),
        };
      }),
      goals: [
        atMost(
          'inputs that broke a promise',
          0,
          sum(({ broken }) => broken),
        ),
        atMost(
          'the longest that one was read (ms)',
          250,
          Math.max(...tallies.map(({ slowestMs }) => slowestMs)),
        ),
        atMost('growth of the heap after the first tenth (MB)', 5, Math.max(...heaps) - (heaps[0] ?? 0)),
        atMost('properties that Object.prototype has gained', 0, polluted),
      ],
    };
  },
};

/** A slow input is slow again; if it was the machine that was busy, it hardly is three times. */
function again(codec: SessionCodec, input: Buffer): number {
  return Math.min(...[1, 2, 3].map(() => attempt(codec, input).decodeMs));
}

/** What is in use once all garbage is gone. */
function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function wholeNumber(name: string, usual: number): number {
  const number = Number(process.env[name] ?? usual);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${name} is a whole number from 1 on`);
  return number;
}
