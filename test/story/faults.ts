import { type Dice, makeDice } from '../helpers/dice.ts';

/** What the port does to itself, at one of the points that test/fixtures/ports/orders.ts has. */
const deeds = {
  throws: ['begun', 'half', 'done', 'committed'],
  'leaves it to legacy': ['begun', 'half', 'done'],
  'waits for no promise': ['begun', 'half', 'done', 'committed', 'answering'],
  'is slow': ['begun', 'half', 'done'],
  'loses its connection': ['begun', 'half', 'done'],
  'loops for ever': ['begun', 'half', 'done', 'committed'],
  'ends its process': ['begun', 'half', 'done', 'committed', 'answering'],
  'is killed': ['begun', 'half', 'done', 'committed', 'answering'],
} as const;

/** What a port does to itself. */
export type Deed = keyof typeof deeds;

/** What is done from outside while a request is under way: to its own, or to whichever is met. */
export const blows = [
  'client gone',
  'turn lost',
  'host killed',
  'connection killed',
  'connection cut',
  'COMMIT lost',
  'word of COMMIT lost',
  'port saved',
  'line to a host cut',
  'announcement lost',
] as const;
/** What is done from outside. */
export type Blow = (typeof blows)[number];

/** One order, and what befalls it. */
export interface FaultyOrder {
  readonly number: number;
  readonly method: 'GET' | 'POST';
  readonly deed: Deed | null;
  /** When the deed is done. */
  readonly at: string;
  readonly blow: Blow | null;
  /** How long after the request the blow falls. */
  readonly blowMs: number;
}

/** In 1,000 orders: what costs a process is rare, or there would be nothing but processes that start. */
const inThousand: readonly (readonly [Deed | Blow, number])[] = [
  ['throws', 30],
  ['leaves it to legacy', 20],
  ['waits for no promise', 15],
  ['is slow', 3],
  ['loses its connection', 20],
  ['loops for ever', 2],
  ['ends its process', 5],
  ['is killed', 5],
  ['client gone', 60],
  ['turn lost', 15],
  ['host killed', 4],
  ['connection killed', 40],
  ['connection cut', 40],
  ['COMMIT lost', 15],
  ['word of COMMIT lost', 15],
  ['port saved', 4],
  ['line to a host cut', 40],
  ['announcement lost', 15],
];

/** What would end a port host that nobody starts again. */
const costly: readonly (Deed | Blow)[] = ['loops for ever', 'ends its process', 'is killed', 'host killed'];

function fault(dice: Dice): Deed | Blow | null {
  let rest = dice.below(1000);
  for (const [name, share] of inThousand) {
    if (rest < share) return name;
    rest -= share;
  }
  return null;
}

const isDeed = (name: string | null): name is Deed => name !== null && Object.hasOwn(deeds, name);

/** The order of this number: the same on every run. */
export function faultyOrder(seed: number, number: number, hostIsElsewhere: boolean): FaultyOrder {
  const dice = makeDice(seed * 1_000_003 + number);
  for (let i = 0; i < 8; i++) dice.random(); // neighbouring seeds begin alike
  const drawn = fault(dice);
  const name = hostIsElsewhere && drawn !== null && costly.includes(drawn) ? null : drawn;
  return {
    number,
    method: dice.pick(['GET', 'POST']),
    deed: isDeed(name) ? name : null,
    at: isDeed(name) ? dice.pick<string>(deeds[name]) : '',
    blow: isDeed(name) ? null : name,
    blowMs: dice.below(40),
  };
}
