import t from 'tap';
import type { Entered } from '../../src/gateway/enter.ts';
import { whatWasSeen } from '../../src/gateway/leave.ts';
import { Sights } from '../../src/gateway/sights.ts';
import type { Parts } from '../../src/gateway/parts.ts';
import { systemClock } from '../../src/exchange/clock.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Route } from '../../src/routing/route.ts';
import { noLease } from '../../src/session/lease.ts';
import type { SessionWatch } from '../../src/session/watch.ts';

const fence = { kind: 'file' } as const;
const work = { wrote: 'changed', changes: [] } as const;

/** What a watch was told of an exchange: `turn ID` or `aside`. */
async function told(nested: Entered['nested'], followedId: string | null): Promise<string[]> {
  const said: string[] = [];
  const watch: Partial<SessionWatch> = {
    turn: async (id) => {
      said.push(`turn ${id}`);
      return { ...work, outside: null };
    },
    aside: () => {
      said.push('aside');
      return work;
    },
  };
  const unseen = new Sights(noLease, null, systemClock);
  const lease = { ...noLease, sessionId: 'own', fence };
  const followed =
    followedId === null ? null : { sessionId: followedId, lease, sights: unseen, notHad: null };
  await whatWasSeen(
    { id: 'e' } as Exchange,
    { name: 'r' } as Route,
    { lease, nested, witness: null, problem: null },
    unseen,
    followed,
    { sessions: { watch } } as unknown as Parts,
  );
  return said;
}

const within = { by: 'token', within: { exchange: 'outer', route: 'r' } } as const;

t.test('a turn is told to the watch, for the next one to be held against it', async (t) => {
  t.same(await told(null, null), ['turn own']);
});

t.test('what is done within a turn is that turn’s: its own end is what the next one finds', async (t) => {
  t.same(await told(within, null), ['aside']);
});

t.test('a session that was given has a turn of its own, wherever it was given', async (t) => {
  t.same(await told(null, 'new'), ['turn own', 'turn new']);
  t.same(await told(within, 'new'), ['aside', 'turn new']);
});
