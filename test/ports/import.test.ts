import { readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { Visitor, type Form, type Page } from '../../scripts/shop/visitor.ts';
import { essence, leftToLegacy, sameSession } from '../helpers/alike.ts';
import { logged, until, useGateway, useGatewayOn, useShop } from '../helpers/shop.ts';

/** A part of a multipart form, as browsers send it. */
function part(disposition: string, content: string): string {
  return `--B\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: text/csv\r\n\r\n${content}\r\n`;
}

/** A form of parts; one character a byte. */
function formOf(...parts: string[]): Form {
  return {
    type: 'multipart/form-data; boundary=B',
    body: Buffer.from(`${parts.join('')}--B--\r\n`, 'latin1'),
  };
}

function fileCalled(name: string, content = '1001;A;B;9.99;5\n'): Form {
  return formOf(part(`name="list"; filename="${name}"`, content));
}

const priceList = `sku;artist;title;price;stock\r\n1001;Bj\xf6rk;D\xe9but;11,50;20\r\n2001;Neu!;Neu! '75;9.99;3\r\n`;
const highBytes = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));
const megabyte = 1024 * 1024;

const lists: Record<string, string> = {
  'the usual list': priceList,
  'a list without an end of line, and one of a Mac': '1001;A;B;1;2',
  'all of the Mac in one line': '1001;A;B;1;2\r1002;C;D;3;4\r',
  nothing: '',
  'only ends of lines': '\r\n\n\r\r\n\n',
  'lines that are not understood': `bad
1001;A;B;1
;A;B;1;2
1001;A;B;;2
1001;A;B;1;
1001;A;B;1;2;more
1001;A;B;1;2;
1001 ;A;B;1;2
1234567890;A;B;1;2
1001;A;B;1.5;2
1001;A;B;123456;2
1001;A;B;1;1234567
1001;A;B;-1;2
1001;A;B;1;+2
1001;A;B;1;2.5
\xb2;A;B;1;2
SKU;comes;again
 sku;is;none`,
  'numbers in all their ways':
    '0;A;B;0;0\n007;A;B;00001,50;-5\n1001;;;99999.99;-999999\n999999999;A;B;1;000002\n',
  'a record in two lines: the last one is it': '3001;first;A;1;1\n1002;x;y;1;1\n3001;last;B;2,22;2\n',
  'every byte of latin-1, and what SQL and HTML are made of': `1001;${highBytes};'";1;2\n1002;<b>'\\\\%_?\\0;\0\t;1;2\n`,
  'names longer than their columns': `1001;${'\xfc'.repeat(90)};${'t'.repeat(130)};1;2\n`,
  'a file of 2 MB': `1001;A;B;1;2\n${'x'.repeat(2 * megabyte - 1000)}`,
  'carriage returns by the hundred thousand': `1001;${'\r'.repeat(300_000)};B;1;2\r\n${'\r'.repeat(300_000)}`,
};

const forms: Record<string, Form | undefined> = {
  'no form at all': undefined,
  'no file chosen': fileCalled('', ''),
  'another field': formOf(part('name="price"; filename="a.csv"', priceList)),
  'text in the field': formOf(part('name="list"', priceList)),
  'text, and then a file': formOf(
    part('name="list"', 'C:\\typed.csv'),
    part('name="list"; filename="b.csv"', priceList),
  ),
  'two files': formOf(
    part('name="list"; filename="a"', '1001;A;B;1;2'),
    part('name="list"; filename="b"', '1001;C;D;3;4'),
  ),
  'a form that is no multipart': {
    type: 'application/x-www-form-urlencoded',
    body: Buffer.from('list=a.csv'),
  },
  'a list as the body': { type: 'text/csv', body: Buffer.from(priceList, 'latin1') },
  ...Object.fromEntries(
    [
      'C:\\Lists\\n\xe4chste Liste.csv',
      '/etc/passwd',
      '..',
      '...a',
      '0',
      'a\\"b".csv',
      "it's; 100%.csv",
      '\xfc',
      'a/',
      'a/0',
    ].map((name) => [`a file called ${name}`, fileCalled(name)]),
  ),
};

const cutForms: Record<string, Form> = {
  'a form without a part': formOf(),
  'a form without anything': { type: 'multipart/form-data; boundary=B', body: Buffer.alloc(0) },
  'a form that is cut': { ...formOf(), body: Buffer.from(part('name="list"; filename="a.csv"', priceList)) },
};

/** A shop whose records can be put back as they were, and its folder of kept files. */
async function useWarehouse(shop: Shop) {
  await shop.db.query('CREATE TABLE records_before AS SELECT * FROM records');
  const folder = join(shop.scratch, 'uploads');
  /** The kept files, by what their names end with. */
  const kept = () =>
    readdirSync(folder).map((name) => {
      // After the time comes what tells two of a second apart: the id of Perl's process, or of the port's request.
      const [, seconds, called] = /^(\d+)-(?:\w+-){1,2}(.*)$/s.exec(name) ?? [];
      const isNow = Math.abs(Number(seconds) - Date.now() / 1000) < 60;
      return { isNow, called, content: readFileSync(join(folder, name), 'latin1') };
    });
  const records = async () => (await shop.db.query<RowDataPacket[]>('SELECT * FROM records ORDER BY sku'))[0];
  const restore = async (): Promise<void> => {
    await shop.db.query('DELETE FROM records');
    await shop.db.query('INSERT INTO records SELECT * FROM records_before');
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  };
  return { kept, records, restore };
}

/** Of files: their bytes, and one for each that is there. */
function sizeOf(files: readonly { content: string }[]): number {
  return files.reduce((sum, { content }) => sum + 1 + content.length, 0);
}

t.test('import.ts passes for import.pl', async (t) => {
  const shop = await useShop(t);
  const { kept, records, restore } = await useWarehouse(shop);
  const gateway = await useGateway(t, shop, '  import.pl: port\n  /**: legacy');
  const sides = { shop, gateway };
  const send = (visitor: Visitor, form: Form | undefined): Promise<Page> =>
    visitor.ask(form === undefined ? 'GET' : 'POST', 'import.pl', form);

  /** Has both sides import the same, from the same records on, and holds all that they leave against each other. */
  const importAlike = async (what: string, form: Form | undefined): Promise<void> => {
    const [onPerl, onPort] = [new Visitor(shop.apache.url), new Visitor(gateway.url)];
    const expected = { page: essence(await send(onPerl, form)), records: await records(), kept: kept() };
    await restore();
    const page = essence(await send(onPort, form));
    // The file is kept after the commit, which the visitor does not wait for.
    await until('the file is kept', () => sizeOf(kept()) >= sizeOf(expected.kept));
    t.same({ page, records: await records(), kept: kept() }, expected, what);
    await sameSession(t, shop, what, onPerl, onPort);
    await restore();
  };
  for (const [what, list] of Object.entries(lists)) await importAlike(what, fileCalled('list.csv', list));
  for (const [what, form] of Object.entries(forms)) await importAlike(what, form);
  t.same(leftToLegacy(sides), [], 'legacy never had to help out');

  for (const [what, form] of Object.entries(cutForms)) await importAlike(what, form);
  await until('it is logged', () => leftToLegacy(sides).length >= 3);
  t.same(
    leftToLegacy(sides),
    Array(3).fill('PORT_HANDED_OVER'),
    'CGI.pm dies of a broken form, and legacy says so',
  );

  await t.test('of a form of more than 2 MB nothing is read, and the page says so', async (t) => {
    // Apache cuts the answer of a script that did not read its body; banyan runs the script itself and does not.
    const legacy = `{ cgi: ${join(shop.root, 'cgi-bin')}, charset: iso-8859-1, env: [SHOP_CONF] }`;
    const judge = await useGatewayOn(t, shop, writeRoutes(shop, '  /**: legacy', { legacy }));
    const form = fileCalled('list.csv', `${priceList}${'x'.repeat(2 * megabyte)}`);
    const expected = await send(new Visitor(judge.url), form);
    t.match(expected, { status: 200, body: /413 Request entity too large/ });
    t.same(essence(await send(new Visitor(gateway.url), form)), essence(expected));
    t.same(kept(), []);
  });

  await t.test('what is better: of a list that breaks off in the middle nothing stays', async (t) => {
    const alone = await useGateway(t, shop, '  import.pl: { to: port, fallback: error }\n  /**: legacy');
    await shop.db.query(
      "CREATE TRIGGER breaks BEFORE UPDATE ON records FOR EACH ROW IF NEW.sku = 1002 THEN SIGNAL SQLSTATE '45000'; END IF",
    );
    const before = await records();
    const form = fileCalled('list.csv', '1001;A;B;1;2\n1002;C;D;3;4\n1003;E;F;5;6\n');
    t.match(await send(new Visitor(alone.url), form), { status: 500 });
    t.same([await records(), kept()], [before, []], 'the port leaves no record changed, and no file');
    t.match(await send(new Visitor(shop.apache.url), form), { status: 500 });
    t.match((await records())[0], { sku: 1001, artist: 'A' }, 'the script half of the list');
    t.equal(kept().length, 1);
    await shop.db.query('DROP TRIGGER breaks');
    await restore();
  });

  await t.test('a file that cannot be kept is told of in the log, and the list is in', async (t) => {
    const visitor = new Visitor(gateway.url);
    const folder = join(shop.scratch, 'uploads');
    renameSync(folder, `${folder}.away`);
    t.match(await send(visitor, fileCalled('list.csv')), { body: /1 lines read, 0 inserted, 1 updated/ });
    t.match(await logged(gateway, ({ msg }) => /left for after the commit/.test(String(msg))), {
      msg: /ENOENT/,
    });
    renameSync(`${folder}.away`, folder);
  });
});
