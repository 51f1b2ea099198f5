import t from 'tap';
import { leaseOnNothing, noLease } from '../../src/session/lease.ts';

t.test('a lease on nothing waits for nothing, cannot be lost, and proves nothing', async (t) => {
  t.match(noLease, { sessionId: null, waitedMs: { local: 0, database: 0 }, overlapped: false, fence: null });
  t.equal(noLease.lost.aborted, false);
  t.ok(Object.isFrozen(noLease), 'it is shared by everybody');
});

t.test('leaving it does nothing, as often as one likes', async () => {
  await noLease.leave();
  await noLease.leave();
});

t.test('a session that is only looked at keeps its id', async (t) => {
  t.match(leaseOnNothing('5f3a9c'), { sessionId: '5f3a9c', fence: null });
  t.equal(leaseOnNothing(null), noLease);
  t.equal(noLease.sessionId, null);
});
