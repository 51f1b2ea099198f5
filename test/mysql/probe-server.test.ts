import t from 'tap';
import type { DatabaseUse } from '../../src/mysql/probe-ask.ts';
import { judgeServer, type ServerFacts } from '../../src/mysql/probe-server.ts';

// Servers that cannot be had here: clusters, replicas, and such as were old in 2015.
const use: DatabaseUse = {
  codec: null,
  lockKind: 'auto',
  keepsTimeline: false,
  hasPorts: true,
  writes: [],
  connections: 75,
};
const facts: ServerFacts = {
  version: '10.11.19-MariaDB-0+deb12u1',
  variables: { max_connections: '300', wait_timeout: '28800', log_bin: 'OFF', binlog_format: 'MIXED' },
  peakConnections: 10,
  locks: { kind: 'names', why: 'one connection can hold several' },
  isReplica: false,
  tables: [],
  grants: ['GRANT USAGE ON *.* TO `shop`@`%`', 'GRANT ALL PRIVILEGES ON `shop`.* TO `shop`@`%`'],
  database: 'shop',
};

function judged(some: Partial<ServerFacts>, means: Partial<DatabaseUse> = {}): string[] {
  return judgeServer({ ...facts, ...some }, { ...use, ...means }).map(
    ({ severity, code, message }) => `${severity} ${code}: ${message}`,
  );
}
const variables = (more: Record<string, string>) => ({ variables: { ...facts.variables, ...more } });

t.test('a server as it should be', async (t) => {
  t.same(judged({}), [
    'ok server: MariaDB 10.11.19 answers',
    'ok locks: turns are named locks: one connection can hold several',
    'ok connections: a gateway and its port hosts open up to 75 of 300 connections',
  ]);
});

t.test('where named locks do not do, leases do, unless somebody insists on names', async (t) => {
  const server = { locks: { kind: 'table', why: 'this is a node of a Galera cluster' } } as const;
  t.equal(
    judged(server, { lockKind: 'names' })[1],
    'error no-named-locks: turns cannot be named locks: this is a node of a Galera cluster',
  );
  t.same(judged(server).slice(1, 3), [
    'ok locks: turns are leases in the table banyan_locks: this is a node of a Galera cluster',
    'ok own-table: the table banyan_locks will be made',
  ]);
  t.match(judged({}, { lockKind: 'table' })[1], 'leases');
});

t.test('a table of our own needs the right to make it, or to be there', async (t) => {
  const leases = { lockKind: 'table' as const };
  const rights: [string, RegExp][] = [
    ['GRANT SELECT, CREATE ON `shop`.* TO `shop`@`%`', /^ok/],
    ['GRANT SELECT, CREATE TEMPORARY TABLES ON `shop`.* TO `shop`@`%`', /^warning no-create/],
    ['GRANT CREATE ON `other`.* TO `shop`@`%`', /^warning no-create/],
    ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION", /^ok/],
  ];
  for (const [grant, expected] of rights) t.match(judged({ grants: [grant] }, leases)[2], expected, grant);
  t.match(judged({ grants: [], tables: ['banyan_locks'] }, leases)[2], /^ok/);
});

t.test('replicas, and a log that cannot hold what ports write', async (t) => {
  t.match(judged({ isReplica: true })[2], /^warning replica/);
  const statement = variables({ log_bin: 'ON', binlog_format: 'STATEMENT' });
  t.match(judged(statement)[2], /^error binlog-statement/);
  t.match(judged(statement, { hasPorts: false })[2], /^warning binlog-statement/);
  t.match(judged(variables({ binlog_format: 'STATEMENT' }))[2], /^ok/, 'nothing is logged');
});

t.test('connections: what is opened, beside what was open before', async (t) => {
  t.match(judged({ peakConnections: 240 })[2], /^warning connections: .*240 were open at once/);
  t.match(judged(variables({ max_user_connections: '50' }))[3], /^warning user-connections/);
  t.equal(judged(variables({ max_user_connections: '0' })).length, 3, '0 is no limit');
});
