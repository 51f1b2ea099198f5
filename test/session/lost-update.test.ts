import t from 'tap';
import { LostUpdates } from '../../src/session/lost-update.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionData } from '../../src/session/session.ts';
import { changesBetween, takeSnapshot, type Snapshot } from '../../src/session/snapshot.ts';

/** JSON stands for Perl here: `!` cannot be read. */
const codec: SessionCodec = {
  name: 'json',
  decode: (bytes) => JSON.parse(bytes.toString()) as SessionData,
  encode: (data) => Buffer.from(JSON.stringify(data)),
};

let now = 0;
const bytes = (text: string | null): Snapshot =>
  takeSnapshot({ bytes: text === null ? null : Buffer.from(text), takenAtMs: ++now }, codec, 'keys');
const row = (data: SessionData | null): Snapshot => bytes(data === null ? null : JSON.stringify(data));
const short = (before: Snapshot, after: Snapshot): string[] =>
  changesBetween(before, after).map(({ key, kind }) => `${kind} ${key}`);

t.test('what changed is named by its key', async (t) => {
  t.same(short(row({ a: 1, b: 2, c: 3 }), row({ b: 2, c: 4, d: 5 })), ['removed a', 'changed c', 'added d']);
  t.same(short(row({ cart: [{ sku: 1 }] }), row({ cart: [{ sku: 2 }] })), ['changed cart'], 'deep inside');
  t.same(short(row(null), row({ a: null })), ['added a'], 'a new row; undef is a value');
  t.same(short(row({ a: 1 }), row(null)), ['removed a'], 'a row that is gone');
});

t.test('bytes that are known are not decoded again', async (t) => {
  const known = row({ a: 1 });
  const broken: SessionCodec = { ...codec, decode: () => t.fail('it was decoded') as never };
  const again = takeSnapshot({ bytes: Buffer.from('{"a":1}'), takenAtMs: 77 }, broken, 'keys', known);
  t.same(again, { ...known, takenAtMs: 77 });
});

t.test('what Perl cannot tell apart is the same', async (t) => {
  t.same(short(row({ a: { x: 1, y: 2 } }), row({ a: { y: 2, x: '1' } })), []);
});

t.test('the mark of the last use is listed, and marked', async (t) => {
  const [change] = changesBetween(row({ _SESSION_ATIME: 1 }), row({ _SESSION_ATIME: 2 }));
  t.match(change, { key: '_SESSION_ATIME', kind: 'changed', isTouch: true });
});

t.test('values are kept only where they are asked for, and then masked', async (t) => {
  const data = { user: { name: 'Pete', password: 'hunter2' }, csrf_token: 'f00', note: 'x'.repeat(1000) };
  const sight = { bytes: Buffer.from(JSON.stringify(data)), takenAtMs: 0 };
  const shown = [...(takeSnapshot(sight, codec, 'values').keys ?? [])].map(([, { shown }]) => shown ?? '');
  t.match(shown.join('\n'), 'Pete');
  t.notMatch(shown.join('\n'), /hunter2|f00/);
  t.ok(shown.every((text) => text.length <= 160));
  t.notMatch(JSON.stringify([...(takeSnapshot(sight, codec, 'keys').keys ?? [])]), /Pete|hunter2|xxx/);
});

const by = (exchange: string) => ({ exchange, route: 'cart' });

t.test('a session that is found as it was left', async (t) => {
  const detector = new LostUpdates(10);
  const seen = detector.turn('s', by('1'), { before: row({ a: 1 }), after: row({ a: 2 }) });
  t.match(seen, { wrote: 'changed', outside: null });
  for (const same of [{ a: 2 }, { a: '2' }, { a: 2, _SESSION_ATIME: 9 }]) {
    const seen = detector.turn('s', by('2'), { before: row(same), after: row({ a: 2 }) });
    t.equal(seen.outside, null, `found ${JSON.stringify(same)}`);
  }
});

t.test('a session that somebody wrote without a turn', async (t) => {
  const detector = new LostUpdates(10);
  detector.turn('s', by('1'), { before: row({ a: 1 }), after: row({ a: 2, b: 1 }) });
  const { outside } = detector.turn('s', by('2'), {
    before: row({ a: 2, c: 1 }),
    after: row({ a: 2, c: 1 }),
  });
  t.match(outside, { kind: 'outside_writer', undone: [], leftBy: { exchange: '1' } });
  t.same(
    outside?.changes.map(({ key, kind }) => `${kind} ${key}`),
    ['removed b', 'added c'],
  );
  const again = detector.turn('s', by('3'), { before: row({ a: 2, c: 1 }), after: null });
  t.equal(again.outside, null, 'it is said once');
});

t.test('a lost update: the key is again what it was before a turn', async (t) => {
  const detector = new LostUpdates(10);
  detector.turn('s', by('1'), { before: row({ cart: [] }), after: row({ cart: [7] }) });
  detector.turn('s', by('2'), { before: row({ cart: [7] }), after: row({ cart: [7], user: 'p' }) });
  const found = row({ cart: [], user: 'p', seen: 1 });
  const { outside } = detector.turn('s', by('3'), { before: found, after: found });
  t.match(outside, { kind: 'lost_update', undone: [{ key: 'cart', exchange: '1', route: 'cart' }] });
});

t.test('a key that is gone is lost only where the writer had loaded the session earlier', async (t) => {
  for (const [found, kind] of [
    [4, 'lost_update'],
    [5, 'outside_writer'],
    [6, 'outside_writer'],
  ] as const) {
    const detector = new LostUpdates(10);
    detector.turn('s', by('1'), {
      before: row({ _SESSION_ATIME: 4 }),
      after: row({ _SESSION_ATIME: 5, cart: [1] }),
    });
    const { outside } = detector.turn('s', by('2'), { before: row({ _SESSION_ATIME: found }), after: null });
    t.equal(outside?.kind, kind, `loaded at ${found}`);
  }
});

t.test('a session that comes back after a logout is a lost update', async (t) => {
  const detector = new LostUpdates(10);
  detector.turn('s', by('logout'), { before: row({ user: 'p' }), after: row(null) });
  const { outside } = detector.turn('s', by('2'), { before: row({ user: 'p' }), after: null });
  t.match(outside, { kind: 'lost_update', undone: [{ key: 'user', exchange: 'logout' }] });
});

t.test('a row that is gone: deleted, unless it was old enough to be', async (t) => {
  for (const [data, kind] of [
    [{ a: 1 }, 'deleted'],
    [{ a: 1, _SESSION_ATIME: 0, _SESSION_ETIME: 1_000_000 }, 'deleted'],
    [{ a: 1, _SESSION_ATIME: -10, _SESSION_ETIME: 5 }, undefined],
  ] as const) {
    const detector = new LostUpdates(10);
    detector.turn('s', by('1'), { before: row(data), after: row(data) });
    t.equal(detector.turn('s', by('2'), { before: row(null), after: row(null) }).outside?.kind, kind);
  }
});

t.test('what was not seen proves nothing', async (t) => {
  const detector = new LostUpdates(10);
  t.match(detector.turn('s', by('1'), { before: row({ a: 1 }), after: null }), {
    wrote: 'unseen',
    changes: null,
  });
  t.equal(detector.turn('s', by('2'), { before: row({ a: 9 }), after: row({ a: 9 }) }).outside, null);
  t.equal(detector.turn('s', by('3'), { before: null, after: row({ a: 3 }) }).outside, null);
  t.equal(detector.turn('s', by('4'), { before: row({ a: 3 }), after: null }).outside, null);
});

t.test('bytes that cannot be read are compared as bytes', async (t) => {
  const detector = new LostUpdates(10);
  const seen = detector.turn('s', by('1'), { before: bytes('!1'), after: bytes('!2') });
  t.match(seen, { wrote: 'changed', changes: null });
  t.equal(detector.turn('s', by('2'), { before: bytes('!2'), after: bytes('!2') }).outside, null);
  t.match(detector.turn('s', by('3'), { before: bytes('!3'), after: null }).outside, {
    kind: 'outside_writer',
    changes: [],
  });
});

t.test('it remembers so many sessions, those used last', async (t) => {
  const detector = new LostUpdates(2);
  const turn = (session: string) =>
    detector.turn(session, by(session), { before: row({ a: session }), after: row({ a: 1 }) }).outside;
  for (const session of ['a', 'b', 'a', 'c']) turn(session);
  t.equal(detector.size, 2);
  t.equal(turn('b'), null, 'b was forgotten');
  t.match(turn('c'), { kind: 'lost_update' }, 'c was not');
});
