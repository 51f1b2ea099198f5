import t from 'tap';
import type { ExchangeRecord } from '../../src/record.ts';
import type { SessionWork } from '../../src/session/lost-update.ts';
import type { SessionUse } from '../../src/session/session.ts';
import { makeHabits } from '../../src/telemetry/habits.ts';
import { exchangeRecord, turnRecord } from '../helpers/records.ts';

const touch = { key: '_SESSION_ATIME', kind: 'changed', isTouch: true } as const;
const cart = { key: 'cart', kind: 'changed', isTouch: false } as const;
const unchanged: SessionWork = { wrote: 'unchanged', changes: [] };
const touched: SessionWork = { wrote: 'touched', changes: [touch] };
const changed: SessionWork = { wrote: 'changed', changes: [cart, touch] };

function record(use: SessionUse, work: SessionWork, instead: Partial<ExchangeRecord> = {}): ExchangeRecord {
  const isTurn = use === 'write';
  return exchangeRecord({
    route: 'view',
    served: 'legacy',
    session: { label: 'label', use },
    turn: isTurn ? turnRecord('label', { seen: { ...work, outside: null } }) : null,
    aside: isTurn ? null : work,
    ...instead,
  });
}

t.test('a route that takes no turn and writes is named, once', async (t) => {
  const habits = makeHabits();
  t.equal(habits.record(record('read', unchanged)), null);
  t.match(habits.record(record('read', changed)), {
    code: 'writes-without-turn',
    message:
      'route "view" says session: read, and of 2 requests that were looked at 1 changed the session (cart)',
    help: 'write "session: write"',
  });
  t.equal(habits.record(record('read', changed)), null, 'not again for each request');
  t.match(habits.advice(), [{ habit: { seen: 3, changed: 2, keys: ['cart'] } }]);
});

t.test('writing back what was read counts, too: it may be older than what it replaces', async (t) => {
  t.match(makeHabits().record(record('none', touched)), {
    code: 'writes-without-turn',
    habit: { touched: 1 },
  });
});

t.test('a route that never changes a session in many requests can do with less', async (t) => {
  const habits = makeHabits(3);
  t.equal(habits.record(record('write', unchanged)), null);
  t.equal(habits.record(record('write', unchanged)), null, 'two are no habit');
  t.match(habits.record(record('write', unchanged)), {
    code: 'could-be-lighter',
    message: 'route "view" takes a turn for each request, and of 3 requests that were looked at none changed',
    help: '"session: none" would spare it the turn',
  });
});

t.test('but as long as it is Perl that touches it, it needs its turn', async (t) => {
  const habits = makeHabits(2);
  habits.record(record('write', touched));
  t.match(habits.record(record('write', unchanged)), {
    code: 'could-be-lighter',
    help: /once it is ported, "session: read" will do; Perl needs the turn/,
  });
});

t.test('one change takes the advice back', async (t) => {
  const habits = makeHabits(2);
  habits.record(record('write', unchanged));
  habits.record(record('write', unchanged));
  t.equal(habits.advice().length, 1);
  habits.record(record('write', changed));
  t.same(habits.advice(), []);
});

t.test(
  'what a port did, or a request within another, or was not seen, says nothing of the route',
  async (t) => {
    const habits = makeHabits(1);
    const nested = { by: 'token', within: { exchange: 'o', route: 'r' } } as const;
    habits.record(record('read', changed, { served: 'port' }));
    habits.record(record('write', unchanged, { nested }));
    habits.record(record('write', { wrote: 'unseen', changes: null }));
    habits.record(record('read', changed, { session: null }));
    t.same(habits.advice(), []);
  },
);
