import { codecFixtures } from '../test/contract/codec-fixtures.ts';
import { everyFormat, type Format } from '../test/contract/codec-formats.ts';
import type { SessionData } from '../src/session/session.ts';
import { atMost, reported, rounded, type Bench, type Goal, type Row } from './report.ts';
import { median } from './rounds.ts';

/** What a port with a session waits for besides its own work: the cart is read, changed and written. */
const goalMs = 1;

/** The formats that most sites have; of the others the figure is only reported. */
const promised: readonly string[] = ['dumper', 'storable', 'storable-native', 'json'];

/** Enough runs for V8 to compile what it will compile. */
const warmUpRuns = 200;

/** What one format costs: reading a cart of 14 kB, writing it as it was, and the way of a port that changes it. */
export const bench: Bench = {
  run: async ({ seconds, say }) => {
    const rows: Row[] = [];
    const goals: Goal[] = [];
    for (const format of everyFormat()) {
      say(format.name);
      const { bytes, read, kept, changed } = measure(format, (seconds * 1000) / 3);
      rows.push({
        case: format.name,
        bytes,
        'decode ms': rounded(read),
        'encode unchanged ms': rounded(kept),
        'decode, change, encode ms': rounded(changed),
      });
      const goal = `${format.name}: decode, change a line of the cart, encode (ms)`;
      goals.push(promised.includes(format.name) ? atMost(goal, goalMs, changed) : reported(goal, changed));
    }
    return { rows, goals };
  },
};

/** What one format costs, each the median in ms. */
export function measure(
  { codec, serializer }: Format,
  budgetMs: number,
): { bytes: number; read: number; kept: number; changed: number } {
  const cart = codecFixtures(serializer).find(({ session }) => session === 'bigcart')?.bytes;
  if (cart === undefined) throw new Error(`there is no big cart of ${serializer}`);
  const untouched = codec.decode(cart);
  let sale = 0;
  return {
    bytes: cart.length,
    read: medianMs(budgetMs, () => codec.decode(cart)),
    kept: medianMs(budgetMs, () => codec.encode(untouched, cart)),
    changed: medianMs(budgetMs, () => {
      const data = codec.decode(cart);
      // Deep inside, and never twice the same: no format gets away with copying the cart or with a cache.
      lineOf(data, sale % 100)['qty'] = 1000 + sale++;
      return codec.encode(data, cart);
    }),
  };
}

function lineOf(data: SessionData, index: number): SessionData {
  return (data['cart'] as readonly SessionData[])[index] as SessionData;
}

/** The median of as many runs as fit. */
function medianMs(budgetMs: number, work: () => unknown): number {
  for (let run = 0; run < warmUpRuns; run += 1) work();
  const times: number[] = [];
  const end = performance.now() + budgetMs;
  do {
    const started = performance.now();
    work();
    times.push(performance.now() - started);
  } while (performance.now() < end);
  return median(times);
}
