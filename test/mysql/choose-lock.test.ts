import t from 'tap';
import { chosenLock, lockKindFor, type LockChoice } from '../../src/mysql/choose-lock.ts';
import type { KeptLock } from '../../src/session/lock.ts';
import { stays } from './lock-contract.ts';
import { playServer, type LockAnswer } from './played-server.ts';
import { optionsFor, useMariaDb } from './use-mariadb.ts';

t.test('a server of its own keeps named locks', async (t) => {
  const mariadb = await useMariaDb(t);
  t.match(await lockKindFor(optionsFor(mariadb)), { kind: 'names', why: /several named locks/ });
});

t.test('where a named lock would exclude nobody elsewhere, or cannot be had, it is the table', async (t) => {
  const works = [1, 1, 1];
  const cases: [what: string, variables: Record<string, string>, getLock: LockAnswer, why: RegExp][] = [
    ['Galera, whatever GET_LOCK says', { wsrep_on: 'ON' }, works, /Galera/],
    [
      'several primaries',
      { group_replication_single_primary_mode: 'OFF', group_replication_group_name: 'aa-bb' },
      works,
      /several primaries/,
    ],
    [
      'MariaDB in a cluster',
      {},
      { code: 1235, message: "doesn't yet support 'GET_LOCK in cluster'" },
      /GET_LOCK in cluster/,
    ],
    ['Percona, strict', {}, { code: 1105, message: 'prohibits use of GET_LOCK with ENFORCING' }, /prohibits/],
    ['an old server', { wsrep_on: 'OFF' }, [1, 1, null], /only one named lock/],
  ];
  for (const [what, variables, getLock, why] of cases) {
    t.match(await lockKindFor(await playServer(t, variables, getLock)), { kind: 'table', why }, what);
  }
});

t.test('MySQL and a group with one primary keep named locks', async (t) => {
  const variables = { group_replication_single_primary_mode: 'ON', group_replication_group_name: 'aa-bb' };
  for (const each of [
    variables,
    { group_replication_single_primary_mode: 'OFF', group_replication_group_name: '' },
  ]) {
    t.match(await lockKindFor(await playServer(t, each, [1, 1, 1])), { kind: 'names' });
  }
});

t.test(
  'the lock is chosen once, when the first turn is wanted, and a server that is down is asked again',
  async (t) => {
    const options = await playServer(t, {}, [1, 1, 1]);
    const made: LockChoice[] = [];
    let closed = 0;
    const kept: KeptLock = {
      acquire: () => Promise.resolve(null),
      ping: () => Promise.resolve(),
      close: () => Promise.resolve(void closed++),
    };
    const where = { ...options, port: 1 };
    const lock = chosenLock(where, (choice) => {
      made.push(choice);
      return kept;
    });
    await t.rejects(lock.ping(), { code: 'LOCK_DOWN', message: /ECONNREFUSED/ });
    t.same(made, []);
    where.port = options.port;
    await Promise.all([lock.ping(), lock.acquire('a', 0, stays), lock.ping()]);
    t.match(made, [{ kind: 'names' }]);
    await lock.close();
    t.equal(closed, 1);
    await t.rejects(lock.acquire('a', 0, stays), { code: 'LOCK_DOWN' });
  },
);
