import t from 'tap';
import { aboutTable, maskedSql } from '../../src/cli/record-mask.ts';
import { sqlDifferences } from '../../src/cli/recorded-sql.ts';

const id = '5f3a9c0123456789abcdef0123456789';
const isOfSession = aboutTable('shop.sessions');
const masked = (sql: string, values: readonly string[] = [], also: readonly string[] = []): string =>
  maskedSql(sql, { secrets: { ids: [id], values }, also, isOfSession });

t.test('a secret of the exchange is masked as it stands in SQL', async (t) => {
  const secret = `vi'ny"l\\7`;
  for (const written of [String.raw`vi\'ny\"l\\7`, String.raw`vi''ny"l\7`, secret])
    t.notMatch(masked(`SELECT 1 FROM a WHERE b = '${written}'`, [secret]), 'vi', written);
  const utf8 = Buffer.from('Söhne', 'utf8').toString('latin1');
  t.equal(masked("UPDATE a SET b = 'Söhne & co'", [utf8]), "UPDATE a SET b = 'xxxxx & co'", 'in UTF-8');
  t.equal(
    masked("UPDATE a SET b = '€uro7'", ['\x80uro7']),
    "UPDATE a SET b = 'xxxx9'",
    'in what MySQL calls latin1',
  );
  t.equal(
    masked(`INSERT INTO visits (sid) VALUES ('${id}')`),
    "INSERT INTO visits (sid) VALUES ('f00dcafef00dcafef00dcafef00dcafe')",
  );
  t.notMatch(masked("SELECT 'a$&b7c'", ['a$&b7c']), 'a$&b', 'whatever it is');
});

t.test('so is what stands under a sensitive name', async (t) => {
  const cases = [
    [
      "SELECT * FROM users WHERE email = 'a@b.de' AND city = 'Ulm'",
      "SELECT * FROM users WHERE email = 'x@x.xx' AND city = 'Ulm'",
    ],
    ["SELECT 1 FROM u WHERE 'a1' = `password`", "SELECT 1 FROM u WHERE 'x9' = `password`"],
    [
      "SELECT 1 FROM u WHERE LOWER(u.email) IN ('a', 'b') OR id = 7",
      "SELECT 1 FROM u WHERE LOWER(u.email) IN ('x', 'x') OR id = 7",
    ],
    [
      "SELECT 1 FROM u WHERE birthday BETWEEN '1970-01-02' AND '1980' AND n = 5",
      "SELECT 1 FROM u WHERE birthday BETWEEN '9999-99-99' AND '9999' AND n = 5",
    ],
    [
      "UPDATE u SET a = '1', password = MD5('pw'), b = 2",
      "UPDATE u SET a = '1', password = MD5('xx'), b = 2",
    ],
    [
      "INSERT INTO u (a, card, b) VALUES (1, 4111, 'x,y'), (NOW(), '42', 3)",
      "INSERT INTO u (a, card, b) VALUES (1, 9999, 'x,y'), (NOW(), '99', 3)",
    ],
    ["INSERT INTO u VALUES ('ab', 12)", "INSERT INTO u VALUES ('xx', 99)"],
    [
      "REPLACE u (a) VALUES ('k') ON DUPLICATE KEY UPDATE phone = '12', a = '3'",
      "REPLACE u (a) VALUES ('k') ON DUPLICATE KEY UPDATE phone = '99', a = '3'",
    ],
  ] as const;
  for (const [sql, shown] of cases) t.equal(masked(sql), shown);
  t.equal(masked("UPDATE u SET town = 'Ulm'", [], ['town']), "UPDATE u SET town = 'xxx'");
});

t.test('of a session only its id is left', async (t) => {
  t.equal(
    masked(`INSERT INTO \`sessions\` (id, a_session) VALUES ('${id}', '$D = {\\'a\\' => 1};'), ("9c", 0xAB)`),
    "INSERT INTO `sessions` (id, a_session) VALUES ('f00dcafef00dcafef00dcafef00dcafe', '…'), ('…', '…')",
  );
  t.equal(masked("SELECT 1 FROM notes WHERE a = 'sessions'"), "SELECT 1 FROM notes WHERE a = 'sessions'");
  t.equal(masked("SELECT 1 FROM old_sessions WHERE a = 'b'"), "SELECT 1 FROM old_sessions WHERE a = 'b'");
});

t.test('statements are compared without how each side writes them', async (t) => {
  const port = [
    { sql: 'SELECT `a` FROM t\n WHERE id = ?', values: [7] },
    { sql: 'UPDATE t SET b = ?', values: ['x'] },
  ];
  const legacy = [
    'SET NAMES latin1',
    "SELECT a FROM sessions WHERE id = '1'",
    "select a from t where id = '7'",
    "UPDATE t SET b='x'",
    'COMMIT',
  ];
  t.same(sqlDifferences(legacy, port, isOfSession), []);
  t.same(sqlDifferences(legacy.toReversed(), port, isOfSession), ['the same statements, in another order']);
  t.same(sqlDifferences(legacy.slice(0, 3), port, isOfSession), ["+ UPDATE t SET b = 'x'"]);
  t.same(sqlDifferences([...legacy, 'DELETE  FROM t'], port, isOfSession), ['- DELETE FROM t']);
});
