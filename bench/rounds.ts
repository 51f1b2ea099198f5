/** Something that can be measured again and again. */
export interface Contender<Figures> {
  readonly name: string;
  readonly measure: () => Promise<Figures>;
}

/** What each contender did in each round; figure `n` of all of them was taken in the same round. */
export type Rounds<Figures> = ReadonlyMap<string, readonly Figures[]>;

/**
 * Measures all contenders in turn, round after round (A B C A B C …), so that a slow minute of the machine is a slow
 * minute of everybody. One round before the first warms up what compiles itself, and is thrown away.
 */
export async function interleave<Figures>(
  contenders: readonly Contender<Figures>[],
  rounds: number,
  onRound: (round: number) => void,
): Promise<Rounds<Figures>> {
  const results = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const { name, measure } of contenders) {
      const figures = await measure();
      if (round > 0) results.get(name)?.push(figures);
    }
  }
  return results;
}

/** The middle value; of an even number, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

/** The median of one figure over all rounds. */
export function medianOf<Figures>(rounds: readonly Figures[], figure: (of: Figures) => number): number {
  return median(rounds.map(figure));
}

/** How one contender's figure stands to another's: divided within each round, then the median of the quotients. */
export function ratio<Figures>(
  rounds: Rounds<Figures>,
  [above, below]: readonly [string, string],
  figure: (of: Figures) => number,
): number {
  const [dividends, divisors] = [rounds.get(above) ?? [], rounds.get(below) ?? []];
  if (dividends.length !== divisors.length)
    throw new Error(`${above} and ${below} were not measured in pairs`);
  return median(dividends.map((each, round) => figure(each) / figure(divisors[round] as Figures)));
}
