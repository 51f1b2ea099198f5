import t from 'tap';
import { aboutTable } from '../../src/cli/record-mask.ts';
import { statementsOf } from '../../src/cli/record-threads.ts';

const isOfSession = aboutTable('sessions');
const session = "SELECT a_session FROM sessions WHERE id='abc'";
const others = "SELECT a_session FROM sessions WHERE id='xyz'";

/** Words of the log: when, whose, and the statement; none is a connection that is opened. */
type Line = readonly [atMs: number, thread: string, sql?: string];

/** What is found for an exchange from 10 to 20. */
function found(lines: readonly Line[], ids: readonly string[] = ['abc'], own: readonly string[] = []) {
  const logged = lines.map(([atMs, thread, sql]) => ({
    atMs,
    thread,
    kind: sql === undefined ? 'Connect' : 'Query',
    sql: sql ?? 'shop@127.0.0.1 on shop',
  }));
  return statementsOf(logged, { fromMs: 10, toMs: 20, ids }, { own: new Set(own), isOfSession });
}

t.test('the thread that says the id of the session is the script, within the time', async (t) => {
  t.same(
    found([
      [9, 'a', 'early'],
      [11, 'a', session],
      [12, 'b', others],
      [13, 'a', 'x'],
      [13, 'b', 'y'],
      [21, 'a', 'late'],
    ]),
    [session, 'x'],
  );
  t.equal(
    found([
      [11, 'a', session],
      [12, 'b', session],
    ]),
    null,
    'and of two it is not certain',
  );
  t.same(
    found(
      [
        [11, 'a', session],
        [12, 'b', `${session} FOR UPDATE`],
      ],
      ['abc'],
      ['b'],
    ),
    [session],
    'nor is it a port host',
  );
});

t.test('it may have a second connection, and then it is not certain', async (t) => {
  t.equal(
    found([
      [11, 'a'],
      [11, 'b'],
      [12, 'a', session],
      [13, 'b', 'x'],
    ]),
    null,
  );
  t.same(
    found([
      [11, 'a'],
      [11, 'b'],
      [12, 'a', session],
      [13, 'b', others],
      [14, 'b', 'x'],
    ]),
    [session],
    'another visitor is none',
  );
  t.same(
    found([
      [11, 'a', session],
      [12, 'b', 'x'],
    ]),
    [session],
    'nor is one that was there before',
  );
  t.same(
    found([
      [11, 'a', session],
      [11, 'b'],
      [12, 'b', 'SET NAMES latin1'],
    ]),
    [session],
  );
});

t.test('where no thread says the id it is the only one that works', async (t) => {
  t.same(found([]), []);
  t.same(
    found([
      [11, 'a'],
      [12, 'a', 'SET NAMES latin1'],
      [13, 'a', 'x'],
    ]),
    ['SET NAMES latin1', 'x'],
  );
  t.same(
    found(
      [
        [11, 'a', 'x'],
        [12, 'g', 'y'],
      ],
      [],
      ['g'],
    ),
    ['x'],
  );
  t.equal(
    found([
      [11, 'a', 'x'],
      [12, 'b', 'y'],
    ]),
    null,
  );
  t.equal(found([[11, 'a', others]], []), null, "a visitor's is not that of one who has no session");
  t.equal(
    found([
      [8, 'a'],
      [11, 'a', 'x'],
    ]),
    null,
    'it was opened for something else',
  );
  t.equal(
    found([
      [11, 'a'],
      [12, 'a', 'x'],
      [22, 'a', 'y'],
    ]),
    null,
    'or goes on with it',
  );
});
