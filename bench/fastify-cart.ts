// The peer: the cart as somebody would write it who has only TypeScript: Fastify, mysql2, the same queries, the same page.
// No turn and no fallback; one transaction, as a port has, with IN_TRANSACTION. DATABASE (JSON for mysql2) and TCP_PORT come
// from the environment.
import Fastify from 'fastify';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import type { Database } from 'banyan';
import { cartBody, isCart } from '../ports/lib/cart.ts';
import { pageBottom, pageTop } from '../ports/lib/shop.ts';
import { cookieValue } from '../src/exchange/cookies.ts';
import { codecCalled } from '../src/perl/formats.ts';
import { moduleCalled } from '../src/perl/modules.ts';

const pool = mysql.createPool(JSON.parse(process.env['DATABASE'] ?? '{}') as mysql.PoolOptions);
const codec = codecCalled('dumper');
const module = moduleCalled('cgi-session');
const isInTransaction = process.env['IN_TRANSACTION'] !== undefined;

/** Who is asked: the pool, or the one connection of a transaction. */
type Asked = Pick<mysql.Pool, 'query'>;

const app = Fastify();
app.get('/cgi-bin/cart.pl', async (request, reply) => {
  const id = cookieValue(request.raw.rawHeaders, 'CGISESSID') ?? '';
  const made = isInTransaction ? await inTransaction((asked) => cart(asked, id)) : await cart(pool, id);
  if (made === null) return reply.code(404).send('no session');
  return reply.header('set-cookie', made.cookie).type('text/html; charset=ISO-8859-1').send(made.page);
});
await app.listen({ host: '127.0.0.1', port: Number(process.env['TCP_PORT']) });

async function cart(asked: Asked, id: string): Promise<{ page: Buffer; cookie: string } | null> {
  const select = `SELECT CAST(a_session AS BINARY) AS bytes FROM sessions WHERE id = ?${isInTransaction ? ' FOR UPDATE' : ''}`;
  const [[row]] = await asked.query<RowDataPacket[]>(select, [id]);
  const bytes = row?.['bytes'] as Buffer | undefined;
  if (bytes === undefined) return null;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const data = codec.decode(bytes);
  module.touch(data, nowSeconds);
  module.setExpiry(data, 86_400);
  const records = data['cart'] ?? null;
  const body = await cartBody(isCart(records) ? records : {}, '', databaseOf(asked));
  await asked.query('UPDATE sessions SET a_session = ? WHERE id = ?', [codec.encode(data, bytes), id]);
  const page = Buffer.from(`${String(pageTop('Your cart'))}${String(body)}${String(pageBottom)}`, 'latin1');
  return { page, cookie: module.cookie(data, { name: 'CGISESSID', id, nowSeconds }) };
}

function databaseOf(asked: Asked): Database {
  return {
    query: async (sql: string, values: readonly unknown[] = []) => {
      const [rows] = await asked.query<RowDataPacket[]>(sql, [...values]);
      return { rows, affectedRows: 0, insertId: 0 };
    },
  } as unknown as Database;
}

async function inTransaction<T>(work: (asked: Asked) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    return result;
  } finally {
    connection.release();
  }
}
