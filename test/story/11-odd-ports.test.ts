import { join } from 'node:path';
import t from 'tap';
import type { RowDataPacket } from 'mysql2/promise';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, until, useGateway, useShop } from '../helpers/shop.ts';

t.test('a port that does what it should not', async (t) => {
  const shop = await useShop(t);
  const odd = join(repository, 'test/fixtures/ports/odd.ts');
  const gateway = await useGateway(
    t,
    shop,
    `  search.pl: { to: port, port: ${odd}, timeout: 1s }\n  index.pl: { to: port, port: ${odd} }\n  /**: legacy`,
  );
  const left = async (): Promise<string[]> => {
    const [rows] = await shop.db.query<RowDataPacket[]>("SELECT name FROM labels WHERE name LIKE 'left %'");
    return rows.map((row) => String(row['name']));
  };
  const visitor = new Visitor(gateway.url);
  const ask = (page: string, deed: string) => visitor.get(`${page}?q=b;deed=${encodeURIComponent(deed)}`);
  await visitor.get('cart.pl?action=show');

  const unsayable = [
    'answers nothing',
    'breaks a field',
    'says what latin-1 cannot',
    'has a status of 0',
    'says its own length',
    'has a body with a 204',
    'ends its transaction',
    'goes on after it has failed',
  ];
  for (const deed of unsayable) {
    const page = await ask('search.pl', deed);
    t.equal(page.status, 200, `one that ${deed}: legacy answers`);
    t.match(page.body, /view\.pl\?sku=/, 'with its own page');
    t.same(await left(), [], 'and the port has left no trace');
  }
  await t.test('not even later', async (t) => {
    await ask('index.pl', 'asks what is set'); // the pool has been round
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.same(await left(), []);
  });

  await t.test('sets variables and takes locks: the next one finds none of them', async (t) => {
    t.equal((await ask('index.pl', 'sets a variable')).body, '');
    for (let i = 0; i < 3; i++) {
      const seen = JSON.parse((await ask('index.pl', 'asks what is set')).body) as Record<string, unknown>;
      t.same([seen['who'], seen['held']], [null, null]);
      t.notMatch(seen['mode'], 'ANSI_QUOTES');
    }
    await shop.db.query("DELETE FROM labels WHERE name LIKE 'left %'");
  });

  await t.test('waits too long for the database: the others in its process go on', async (t) => {
    const other = new Visitor(gateway.url);
    const innocent = other.get('index.pl?deed=sleeps+in+the+database;seconds=3');
    const slow = await visitor.get('search.pl?q=b;deed=sleeps+in+the+database;seconds=20');
    t.match(slow, { status: 200, body: /view\.pl\?sku=/ }, 'legacy answers for it');
    t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_TIMEOUT'), { route: 'search' });
    t.match(await innocent, { status: 200, body: 'slept' }, 'the other one was not disturbed');
    await until('nothing of the slow one is left at the server', async () => {
      const [rows] = await shop.db.query(
        "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(\\'20%'",
      );
      return (rows as unknown[]).length === 0;
    });
    t.equal(
      gateway.log().filter((line) => line['msg'] === 'port host started').length,
      1,
      'its process lives',
    );
  });

  await t.test(
    'cookies of 7 kB are no trouble between the two processes, and no id is so long',
    async (t) => {
      const long = new Visitor(gateway.url);
      long.sessionId = `${'a'.repeat(32)}; more=${'a'.repeat(7000)}`;
      t.match(await long.get('index.pl?deed=asks+what+is+set'), { status: 200, body: /who/ });
      long.sessionId = 'a'.repeat(7000);
      t.match(await long.get('index.pl?deed=asks+what+is+set'), { status: 400, body: /BAD_SESSION_ID/ });
    },
  );
});
