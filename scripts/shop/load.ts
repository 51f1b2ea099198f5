import { Visitor } from './visitor.ts';

/** What visitors met while they clicked about. */
export interface LoadResult {
  readonly requests: number;
  /** Requests that failed: an error on the line, or a status of 500 and more. */
  readonly failed: number;
  readonly firstFailures: readonly string[];
  readonly sessions: number;
  /** Visitors whose cart does not hold what the shop acknowledged, or whose session id changed under them. */
  readonly sessionsLost: number;
}

/** Several visitors click about until `stop` is aborted: they look, search and fill their carts. */
export async function load(
  bases: readonly string[],
  visitors: number,
  stop: AbortSignal,
): Promise<LoadResult> {
  const failures: string[] = [];
  let [requests, failed, sessionsLost] = [0, 0, 0];
  const click = async (ask: () => Promise<{ status: number; body: string }>): Promise<string> => {
    requests++;
    try {
      const { status, body } = await ask();
      if (status < 500) return body;
      throw new Error(`status ${status}: ${body.slice(0, 200)}`);
    } catch (thrown) {
      failed++;
      if (failures.length < 5) failures.push(String(thrown));
      return '';
    }
  };
  const shop = async (number: number): Promise<void> => {
    const visitor = new Visitor(bases[number % bases.length] as string);
    await click(() => visitor.get('view.pl?sku=1003'));
    const own = visitor.sessionId;
    let expected = 0;
    for (let i = 0; !stop.aborted; i++) {
      visitor.base = bases[(number + i) % bases.length] as string;
      const sku = 1001 + ((number * 7 + i) % 20);
      await click(() => visitor.get(`view.pl?sku=${sku}`));
      const added = await click(() => visitor.post('cart.pl', { action: 'add', sku: String(sku), qty: '1' }));
      if (added.includes('In your cart now')) expected++;
      if (i % 3 === 0) await click(() => visitor.get('search.pl?q=o'));
    }
    const items = await visitor.items();
    if (visitor.sessionId !== own || items !== expected) {
      sessionsLost++;
      if (failures.length < 5) failures.push(`a cart of ${items} where ${expected} were acknowledged`);
    }
  };
  await Promise.all(Array.from({ length: visitors }, (_, number) => shop(number)));
  return { requests, failed, firstFailures: failures, sessions: visitors, sessionsLost };
}
