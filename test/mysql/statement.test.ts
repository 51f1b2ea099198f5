import t from 'tap';
import { readStatement, StatementReader } from '../../src/mysql/statement.ts';

/** What is read of a statement, in one line: the tables that it writes, or why it may not be sent. */
function read(sql: string): string {
  const { refusal, isOpaque, writes } = readStatement(sql);
  if (refusal !== null) return /ends its transaction/.test(refusal) ? 'ends' : 'leaves';
  const tables = writes.map(({ schema, name }) => (schema === null ? name : `${schema}/${name}`));
  return [...new Set(tables), ...(isOpaque ? ['?'] : [])].join(' ');
}

const rows: readonly (readonly [string, string])[] = [
  // Nothing is written.
  ['', ''],
  ['  ', ''],
  [';', ''],
  ['SELECT 1', ''],
  ['select * from t where a = ?', ''],
  ['(SELECT 1) UNION (SELECT 2)', ''],
  ['SELECT * FROM t FOR UPDATE', ''],
  ['SELECT * FROM t WHERE id = ? FOR UPDATE SKIP LOCKED', ''],
  ['SELECT * FROM t LOCK IN SHARE MODE', ''],
  ["SELECT 'INSERT INTO t VALUES (1)'", ''],
  ['SELECT "DELETE FROM t"', ''],
  ["SELECT 'it''s', 'a\\'; DELETE FROM t; -- '", ''],
  ['SELECT `insert into t`, `update` FROM `delete`', ''],
  ['SELECT t.insert, t . delete FROM t', ''],
  ['SELECT @update, @@session.insert_id, @a := 1', ''],
  ["SELECT REPLACE(a, 'x', 'y'), INSERT(a, 1, 2, 'z') FROM t", ''],
  ["SELECT REPLACE (a, 'x', 'y') FROM t", ''],
  ['SELECT 1 -- DELETE FROM t', ''],
  ['SELECT 1 # DELETE FROM t', ''],
  ['SELECT /* DELETE FROM t */ 1', ''],
  ['SELECT a INTO @x FROM t', ''],
  ["SELECT a INTO OUTFILE '/tmp/x' FROM t", ''],
  ['SHOW TABLES', ''],
  ['SET @a = 1', ''],
  ["SET NAMES latin1, @b = 'autocommit = 1'", ''],
  ['SELECT @@autocommit = 1', ''],
  ['EXPLAIN DELETE FROM t', ''],
  ['DESCRIBE t', ''],
  ['DO SLEEP(0)', ''],
  ['HANDLER t OPEN', ''],
  ['WITH a AS (SELECT 1) SELECT * FROM a', ''],
  ['SAVEPOINT a', ''],
  ['ROLLBACK TO a', ''],
  ['ROLLBACK WORK TO SAVEPOINT a', ''],
  ['RELEASE SAVEPOINT a', ''],
  ["PREPARE s FROM 'INSERT INTO t VALUES (1)'", ''],

  // INSERT and REPLACE.
  ['INSERT INTO t VALUES (1)', 't'],
  ['insert t values (1)', 't'],
  ['INSERT t SET a = 1', 't'],
  ['\n\tInsert\nInto\n\tt (a) Values (?)', 't'],
  ['INSERT INTO db.t VALUES (1)', 'db/t'],
  ['INSERT INTO db . t VALUES (1)', 'db/t'],
  ['INSERT INTO `db`.`t` VALUES (1)', 'db/t'],
  ['INSERT INTO `my db`.`a``b` VALUES (1)', 'my db/a`b'],
  ['INSERT INTO "t" VALUES (1)', 't'],
  ['INSERT INTO`t`VALUES(1)', 't'],
  ['INSERT INTO 2004_orders VALUES (1)', '2004_orders'],
  ['INSERT INTO caf\u00e9$ VALUES (1)', 'caf\u00e9$'],
  ['INSERT LOW_PRIORITY IGNORE INTO t VALUES (1)', 't'],
  ['INSERT DELAYED INTO t VALUES (1)', 't'],
  ['INSERT HIGH_PRIORITY t VALUES (1)', 't'],
  ['INSERT INTO t PARTITION (p0) VALUES (1)', 't'],
  ['INSERT INTO t SELECT * FROM u JOIN v', 't'],
  ['INSERT INTO t (a) SELECT a FROM u FOR UPDATE', 't'],
  ['INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = a + 1', 't'],
  ["INSERT INTO t VALUES (REPLACE('a', 'b', 'c')) RETURNING id", 't'],
  ['REPLACE INTO t VALUES (1)', 't'],
  ['REPLACE t VALUES (1)', 't'],
  ['REPLACE DELAYED db.t SET a = 1', 'db/t'],
  ['INSERT INTO t VALUES (?, ?), (?, ?)', 't'],
  ["INSERT INTO t VALUES ('x'); DELETE FROM u", 't u'],

  // UPDATE.
  ['UPDATE t SET a = 1', 't'],
  ['UPDATE LOW_PRIORITY IGNORE t SET a = 1 WHERE b = 2 ORDER BY c LIMIT 1', 't'],
  ['UPDATE db.t AS x SET x.a = 1', 'db/t'],
  ['UPDATE t x SET a = (SELECT MAX(b) FROM u), c = 2', 't'],
  ['UPDATE t, u SET a = 1', 't u'],
  ['UPDATE t, u SET t.a = u.a', 't'],
  ['UPDATE t, u SET t.a = 1, u.b = 2', 't u'],
  ['UPDATE t AS a JOIN db.u b ON a.id = b.id SET B.x = IF(a.y, 1, 2)', 'db/u'],
  ['UPDATE t JOIN u USING (id, x) SET db.t.a = 1', 't'],
  ['UPDATE t LEFT JOIN (SELECT id FROM v, w) AS d ON t.id = d.id SET t.a = 1', 't'],
  ['UPDATE (t JOIN u ON t.id = u.id) SET t.a = 1, c = 2', 't u'],
  ['UPDATE t STRAIGHT_JOIN u NATURAL JOIN v SET v.a = 1', 'v'],
  ['UPDATE t USE INDEX (a, b), u FORCE INDEX FOR JOIN (c) SET u.a = 1', 'u'],
  ['UPDATE t PARTITION (p0, p1) AS x, u SET x.a = 1', 't'],
  ['UPDATE t, u SET z.a = 1', 't u'],
  ['UPDATE t FOR PORTION OF p FROM 1 TO 2 SET a = 1', 't'],
  ['UPDATE `set` SET `set`.`where` = 1', 'set'],
  ['WITH a AS (SELECT 1 AS n) UPDATE t, a SET t.x = a.n', 't'],
  ['WITH a AS (SELECT 1 AS n) UPDATE t, a SET x = n', 't a'],

  // DELETE.
  ['DELETE FROM t', 't'],
  ['DELETE LOW_PRIORITY QUICK IGNORE FROM t WHERE a = 1 LIMIT 5 RETURNING id', 't'],
  ['DELETE FROM db.t WHERE a IN (SELECT a FROM u)', 'db/t'],
  ['DELETE HISTORY FROM t', 't'],
  ['DELETE FROM t PARTITION (p0) WHERE a = 1', 't'],
  ['DELETE t FROM t JOIN u ON t.id = u.id', 't'],
  ['DELETE t, u FROM t JOIN u JOIN v', 't u'],
  ['DELETE t.*, db.u.* FROM t, db.u', 't db/u'],
  ['DELETE a FROM db.t AS a JOIN u ON a.id = u.id', 'db/t'],
  ['DELETE FROM a, b USING db.t a JOIN u AS b JOIN v', 'db/t u'],
  ['DELETE FROM t.* USING t, u', 't'],
  ['WITH a AS (SELECT 1) DELETE FROM t WHERE id IN (SELECT * FROM a)', 't'],

  // LOAD.
  ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t", 't'],
  ["LOAD DATA CONCURRENT INFILE 'INTO TABLE u' REPLACE INTO TABLE db.t FIELDS TERMINATED BY ','", 'db/t'],
  ["LOAD XML INFILE 'x' IGNORE INTO TABLE `t`", 't'],

  // Statements in statements.
  ['SET STATEMENT max_statement_time = 1 FOR INSERT INTO t VALUES (1)', 't'],
  ['SET STATEMENT max_statement_time = 1 FOR UPDATE t SET a = 1', 't'],
  ['SET STATEMENT max_statement_time = 1 FOR SELECT 1', ''],
  ['SET STATEMENT a = 1 FOR CALL p()', '?'],
  ['SET STATEMENT a = 1 FOR COMMIT', 'ends'],
  ['ANALYZE INSERT INTO t VALUES (1)', 't'],
  ['ANALYZE FORMAT=JSON DELETE FROM t', 't'],
  ['IF 1 THEN INSERT INTO t VALUES (1); UPDATE u SET a = 1; END IF', 't u ?'],

  // What does what nobody can see.
  ['CALL p(1)', '?'],
  ["EXECUTE IMMEDIATE 'DELETE FROM t'", '?'],
  ['EXECUTE s', '?'],
  ['FROBNICATE t', '?'],

  // What may not be sent.
  ['COMMIT', 'ends'],
  ['  commit and chain', 'ends'],
  ['/* a */ COMMIT', 'ends'],
  ['-- a\nCOMMIT', 'ends'],
  ['#a\nROLLBACK', 'ends'],
  ['ROLLBACK AND NO CHAIN', 'ends'],
  ['START TRANSACTION', 'ends'],
  ['BEGIN', 'ends'],
  ['BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END', 'ends'],
  ["XA START 'a'", 'ends'],
  ['CREATE TEMPORARY TABLE a (b INT)', 'ends'],
  ['ALTER TABLE t ENGINE=InnoDB', 'ends'],
  ['TRUNCATE t', 'ends'],
  ['LOCK TABLES t WRITE', 'ends'],
  ['UNLOCK TABLES', 'ends'],
  ['ANALYZE TABLE t', 'ends'],
  ['ANALYZE LOCAL TABLE t', 'ends'],
  ['OPTIMIZE TABLE t', 'ends'],
  ['FLUSH TABLES', 'ends'],
  ['LOAD INDEX INTO CACHE t', 'ends'],
  ['SET autocommit = 1', 'ends'],
  ['SET @a = 1, SESSION autocommit = 1', 'ends'],
  ['SET @@session.autocommit := 1', 'ends'],
  ["SET PASSWORD = 'x'", 'ends'],
  ['USE other', 'leaves'],
  ['/*!50000 COMMIT */', 'ends'],
  ['/*M! USE other */', 'leaves'],

  // Made to be misread.
  ['INSERT/**/INTO/**/t/**/VALUES(1)', 't'],
  ['INSERT INTO -- u\n t VALUES (1)', 't'],
  ['INSERT INTO # u\n t VALUES (1)', 't'],
  ['INSERT INTO t VALUES (1--1)', 't'],
  ['SELECT 1--1; DELETE FROM t', 't'],
  ['SELECT 1 --1; DELETE FROM t', 't'],
  ["SELECT '\\\\'; DELETE FROM t", 't'],
  ["SELECT '''' ; DELETE FROM t", 't'],
  ['SELECT "\\"" ; DELETE FROM t', 't'],
  ['SELECT `a\\`; DELETE FROM t', 't'],
  ["SELECT 'no end; DELETE FROM t", 't'],
  ['SELECT /* /* */ 1; DELETE FROM t', 't'],
  ['SELECT 1 /*! ; DELETE FROM t */', 't'],
  ['SELECT 1 /*!99999 ; DELETE FROM t */', 't'],
  ['SELECT 1 /*M!100100 ; DELETE FROM t */', 't'],
  ['/*!INSERT*/ /*!INTO*/ t VALUES (1)', 't ?'],
  ['INSERT INTO /*!99999 harmless */ t VALUES (1)', 'harmless t'],
  ['/*!99999 SELECT 1 FROM (*/ DELETE FROM t /*!99999 ) */', 't'],
  ['/*!99999 EXPLAIN */ DELETE FROM t', 't'],
  ['/*!50000 CALL p() */', '?'],
  ['INSERT INTO t VALUES (1) /* no end', 't'],
  ['(((', ''],
  ['DELETE', ''],
  ['UPDATE', ''],
  ['UPDATE t', ''],
  ['INSERT INTO', ''],
  ['DELETE FROM a, USING', 'a USING'],
  ['UPDATE (((t SET a = 1', 't'],
];

t.test('what a statement writes is read in its text', async (t) => {
  for (const [sql, expected] of rows) t.equal(read(sql), expected, sql);
});

t.test('names that come as values are read, too', async (t) => {
  const reader = new StatementReader();
  const writes = (sql: string, values: unknown[]) => reader.read(sql, values).writes;
  t.same(writes('INSERT INTO ?? VALUES (?)', ['t', 1]), [{ schema: null, name: 't' }]);
  t.same(writes('INSERT INTO ?? VALUES (?)', ['db.u', 1]), [{ schema: 'db', name: 'u' }]);
});

t.test('a statement is read once, and a long one is not kept', async (t) => {
  const reader = new StatementReader();
  const sql = 'INSERT INTO t VALUES (?)';
  t.equal(reader.read(sql, [1]), reader.read(sql, [2]));
  const long = `INSERT INTO t VALUES ('${'x'.repeat(4_000)}')`;
  t.not(reader.read(long, []), reader.read(long, []));
});

t.test('megabytes of escapes are read as well', async (t) => {
  t.equal(read(`INSERT INTO t VALUES ('${"\\'''".repeat(500_000)}'); DELETE FROM u`), 't u');
  t.equal(read(`SELECT '${"''".repeat(500_000)}`), '');
  t.equal(read(`UPDATE t SET a = ${'('.repeat(100_000)}1${')'.repeat(100_000)}, b = 1`), 't');
});
