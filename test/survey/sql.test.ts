import t from 'tap';
import { hole, readSql, verbOf } from '../../src/survey/sql.ts';

/** What a statement reads and writes: `SELECT: a, b`, `INSERT: w t; r a`; `?` for a name that is computed. */
function brief(text: string): string {
  const verb = verbOf(text, false);
  if (verb === null) return 'none';
  const { reads, writes } = readSql(text, verb);
  const names = (list: readonly (string | null)[]): string => list.map((name) => name ?? '?').join(', ');
  return [
    `${verb}`,
    ...(writes.length > 0 ? [`w ${names(writes)}`] : []),
    ...(reads.length > 0 ? [`r ${names(reads)}`] : []),
  ].join('; ');
}

const statements: Record<string, string> = {
  'SELECT a FROM t': 'SELECT; r t',
  'SELECT a FROM `my table` WHERE x = 1': 'SELECT; r my table',
  'SELECT a FROM shop.t': 'SELECT; r t',
  'SELECT a FROM t, u AS v, w x WHERE 1': 'SELECT; r t, u, w',
  'SELECT a FROM t LEFT JOIN u ON t.a = u.a INNER JOIN (v) USING (b)': 'SELECT; r t, u, v',
  'SELECT a FROM (SELECT b FROM u) x WHERE c IN (SELECT d FROM v)': 'SELECT; r u, v',
  "SELECT EXTRACT(YEAR FROM d), TRIM(BOTH 'x' FROM y) FROM t": 'SELECT; r t',
  'SELECT \'FROM nowhere\', "FROM here" FROM t -- FROM there\n WHERE 1 /* FROM a */': 'SELECT; r t',
  'SELECT a FROM t ORDER BY b LIMIT 5 FOR UPDATE': 'SELECT; r t',
  'SELECT a FROM t UNION SELECT b FROM u': 'SELECT; r t, u',
  'SELECT LAST_INSERT_ID()': 'SELECT',
  'INSERT INTO t (a) VALUES (?)': 'INSERT; w t',
  'INSERT IGNORE t SET a = 1': 'INSERT; w t',
  'INSERT INTO t SELECT a FROM u': 'INSERT; w t; r u',
  'INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2': 'INSERT; w t',
  'REPLACE INTO t VALUES (1)': 'REPLACE; w t',
  'UPDATE t SET a = 1': 'UPDATE; w t',
  'UPDATE LOW_PRIORITY t, u SET t.a = u.b': 'UPDATE; w t, u',
  'UPDATE t LEFT JOIN u ON 1 SET a = (SELECT 1 FROM v)': 'UPDATE; w t; r u, v',
  'DELETE FROM t WHERE a IN (SELECT b FROM u)': 'DELETE; w t; r u',
  'TRUNCATE TABLE t': 'TRUNCATE; w t',
  'CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT)': 'CREATE; w t',
  'DROP TABLE t': 'DROP; w t',
  'LOCK TABLES a READ, b WRITE': 'LOCK; w b; r a',
  [`SELECT a FROM ${hole} WHERE b = '${hole}'`]: 'SELECT; r ?',
  [`SELECT ${hole} FROM t WHERE ${hole}`]: 'SELECT; r t',
};

t.test('a statement names its tables', async (t) => {
  for (const [text, tables] of Object.entries(statements)) t.equal(brief(text), tables, text);
});

t.test('prose is no statement, unless it is given to the database', async (t) => {
  for (const text of [
    'Select a record from the list',
    'Delete from cart',
    'Update your address',
    'Insert coin',
    'UPDATE',
    'SELECT',
    'Replace it',
    'Created by hand',
    'selected',
    'DELETED',
    '',
  ])
    t.equal(verbOf(text, false), null, text);
  t.equal(verbOf('delete from cart', true), 'DELETE');
  t.equal(verbOf('select x from y', true), 'SELECT');
  t.equal(verbOf('say select x from y', true), null);
});
