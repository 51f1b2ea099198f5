import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { logged, metricsOf, until, useGateway, useShop } from '../helpers/shop.ts';

const file = join(repository, 'test/fixtures/ports/searches.ts');

t.test('a table that does not roll back is never written twice for one request', async (t) => {
  const shop = await useShop(t);
  await shop.db.query(`CREATE TABLE noted (q VARCHAR(200)) ENGINE=InnoDB`);
  await shop.db.query(
    "CREATE TRIGGER notes AFTER INSERT ON noted FOR EACH ROW INSERT INTO searchlog SET at = NOW(), q = NEW.q, hits = 0, remote = ''",
  );
  await shop.db.query("ALTER TABLE searchlog ALTER hits SET DEFAULT 0, ALTER remote SET DEFAULT ''");
  const gateway = await useGateway(
    t,
    shop,
    [
      `  POST search.pl: { to: port, port: ${file} }`,
      `  search.pl: { to: port, port: ${file}, effects: accepted, timeout: 2s }`,
      '  /**: legacy',
    ].join('\n'),
  );
  const visitor = new Visitor(gateway.url);
  await visitor.get('index.pl');
  /** How often this was searched for. */
  const writes = async (q: string): Promise<number> => {
    const [rows] = await shop.db.query<RowDataPacket[]>('SELECT id FROM searchlog WHERE q = ?', [q]);
    return rows.length;
  };
  const labels = async (): Promise<number> => {
    const [rows] = await shop.db.query<RowDataPacket[]>("SELECT id FROM labels WHERE name LIKE 'left%'");
    return rows.length;
  };
  const problemOf = (text: RegExp) =>
    logged(gateway, (line) => line['problem'] === 'TRACE_LEFT' && text.test(String(line['detail'])));

  await t.test('without a word in the route it is refused, and legacy writes it', async (t) => {
    const page = await visitor.post('search.pl', { q: 'refused', next: 'answer' });
    t.match(page, { status: 200, body: /Nothing found for <B>refused<\/B>/ });
    t.equal(await writes('refused'), 1);
    t.match(await logged(gateway, (line) => line['fallback'] === 'TABLE_NOT_TRANSACTIONAL'), {
      side: 'legacy',
      fallbackDetail: /searchlog \(MyISAM\) does not roll back.*`effects: accepted`/,
    });
  });

  await t.test('accepted, the port writes and answers', async (t) => {
    t.match(await visitor.get('search.pl?q=served;next=answer'), { status: 200, body: /the port/ });
    t.equal(await writes('served'), 1);
    await shop.db.query("DELETE FROM labels WHERE name LIKE 'left%'");
  });

  await t.test('one that fails after it has written says so, and legacy does not answer', async (t) => {
    const page = await visitor.get('search.pl?q=thrown;next=throw');
    t.match(page, { status: 500, body: /failed halfway. Part of it may have been done/ });
    t.equal(await writes('thrown'), 1, 'the row is there once');
    t.equal(await labels(), 0, 'what rolls back is not');
    t.match(await problemOf(/PORT_FAILED: this port fails on purpose/), {
      side: 'none',
      detail: /what was written to searchlog \(MyISAM\) stays/,
    });
  });

  await t.test('nor when it leaves the request to legacy, which is too late then', async (t) => {
    t.match(await visitor.get('search.pl?q=left;next=hand over'), { status: 500 });
    t.equal(await writes('left'), 1);
    await problemOf(/PORT_HANDED_OVER/);
  });

  await t.test('nor when its host dies, or has to be ended', async (t) => {
    t.match(await visitor.get('search.pl?q=dead;next=die'), { status: 500 });
    t.equal(await writes('dead'), 1);
    await problemOf(/PORT_HOST_DOWN/);
    await until('there is another host', async () =>
      (await visitor.get('search.pl?q=alive;next=answer')).body.includes('the port'),
    );
    t.match(await visitor.get('search.pl?q=looping;next=loop'), { status: 500 });
    t.equal(await writes('looping'), 1);
    await problemOf(/PORT_TIMEOUT/);
    await until('there is another host', async () =>
      (await visitor.get('search.pl?q=alive;next=answer')).body.includes('the port'),
    );
  });

  await t.test('one that fails before it writes is one like any other', async (t) => {
    const page = await visitor.get('search.pl?q=before;next=throw at once');
    t.match(page, { status: 200, body: /Nothing found for <B>before<\/B>/ });
    t.equal(await writes('before'), 1);
  });

  await t.test('what a trigger wrote the server tells, and it is the same', async (t) => {
    const page = await visitor.post('search.pl', { q: 'noted', next: 'trigger' });
    t.match(page, { status: 500, body: /failed halfway/ });
    t.equal(await writes('noted'), 1);
    await problemOf(/the server says: Some non-transactional changed tables couldn't be rolled back/);
  });

  t.match(await metricsOf(gateway), /banyan_problems_total\{[^}]*code="TRACE_LEFT"[^}]*\} 5/);
});
