import t from 'tap';
import { Problem, type ProblemCode } from '../../src/errors.ts';
import type { Failed } from '../../src/exchange/outcome.ts';
import { Sights } from '../../src/gateway/sights.ts';
import { noLease } from '../../src/session/lease.ts';
import type { SessionWatch } from '../../src/session/watch.ts';
import { fakeClock } from '../helpers/clock.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** A session whose row holds `row` now, in a turn, and how often somebody has looked at it. */
function play({ isWatched = true, hasTurn = true } = {}) {
  const clock = fakeClock();
  const place = { row: 'old', looks: 0 };
  const lost = { aborted: false };
  const watch: Partial<SessionWatch> = {
    look: async () => {
      place.looks++;
      return { bytes: bytes(place.row), takenAtMs: clock.epochMs() };
    },
  };
  const lease = { ...noLease, sessionId: 'id', fence: hasTurn ? ({ kind: 'file' } as const) : null, lost };
  return { place, lost, clock, sights: new Sights(lease, isWatched ? (watch as SessionWatch) : null, clock) };
}

const seen = ({ before, after }: Sights): (string | null)[] => [
  before?.bytes?.toString() ?? null,
  after?.bytes?.toString() ?? null,
];

function failed(code: ProblemCode): Failed {
  const finished = Promise.resolve({ elapsedMs: 0, problem: null });
  return { kind: 'failed', side: 'port', problem: new Problem(code, ''), elapsedMs: 0, finished };
}

t.test('of what a script did, somebody looks before and after', async (t) => {
  const { sights, place, clock } = play();
  const enteredAtMs = clock.epochMs();
  clock.advance(5);
  await sights.find();
  place.row = 'new';
  await sights.leave(null);
  t.same(seen(sights), ['old', 'new']);
  t.equal(place.looks, 2);
  t.equal(sights.before?.takenAtMs, enteredAtMs, 'what was done outside was done before the turn');
});

t.test('a host is taken at its word, and nobody looks', async (t) => {
  const { sights, place, clock } = play();
  const enteredAtMs = clock.epochMs();
  clock.advance(5);
  sights.told({ before: bytes('said'), after: null });
  await sights.leave(null);
  t.equal(sights.before?.takenAtMs, enteredAtMs);
  t.same(seen(sights), ['said', null]);
  t.equal(sights.after?.takenAtMs, clock.epochMs(), 'that it is gone was seen, too');
  t.equal(place.looks, 0);
});

t.test('a port that has left no trace has left the session as it was', async (t) => {
  const { sights } = play();
  await sights.leave(failed('PORT_FAILED'));
  t.same(seen(sights), ['old', 'old']);
});

t.test('of one that may have left something it is not known how it was found', async (t) => {
  const { sights } = play();
  await sights.leave(failed('COMMIT_UNCERTAIN'));
  t.same(seen(sights), [null, 'old']);
});

t.test('of a turn that was lost it is not known how it was left, whoever says so', async (t) => {
  for (const say of [false, true]) {
    const { sights, lost } = play();
    if (say) sights.told({ before: bytes('said'), after: bytes('said') });
    else await sights.find();
    lost.aborted = true;
    await sights.leave(null);
    t.equal(sights.after, null);
    t.not(sights.before, null);
  }
});

t.test('without a turn, and where nobody wants to know, nobody looks', async (t) => {
  for (const how of [{ hasTurn: false }, { isWatched: false }]) {
    const { sights, place } = play(how);
    await sights.find();
    await sights.leave(failed('PORT_FAILED'));
    t.same(seen(sights), [null, null]);
    t.equal(place.looks, 0);
  }
  const { sights } = play({ isWatched: false });
  sights.told({ before: bytes('said'), after: bytes('said') });
  t.same(seen(sights), [null, null]);
});
