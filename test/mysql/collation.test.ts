import t from 'tap';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { collationOf } from '../../src/mysql/collation.ts';
import { optionsFor, useMariaDb } from './use-mariadb.ts';

t.test('a connection speaks the character set that it was told, whichever it is', async (t) => {
  const options = optionsFor(await useMariaDb(t));
  const sets = [
    'latin1',
    'utf8mb4',
    'utf8',
    'utf8mb3',
    'binary',
    'latin2',
    'latin5',
    'gbk',
    'big5',
    'sjis',
    'koi8r',
  ];
  for (const charset of [...sets, 'cp1251', 'ascii']) {
    const connection = await mysql.createConnection({ ...options, charset: collationOf(charset) });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT @@character_set_client AS it');
    t.equal(String(rows[0]?.['it']).replace('utf8mb3', 'utf8'), charset.replace('utf8mb3', 'utf8'));
    await connection.end();
  }
});

t.test('one that nobody knows is refused', async (t) => {
  t.throws(() => collationOf('klingon'), { name: 'RangeError', message: /no character set "klingon"/ });
});
