// The peer: the cart as somebody would write it who has only TypeScript: Fastify, mysql2, the same queries, the same page.
// No turn, no transaction, no fallback. DATABASE (JSON for mysql2) and TCP_PORT come from the environment.
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
const db = {
  query: async (sql: string, values: readonly unknown[] = []) => {
    const [rows] = await pool.query<RowDataPacket[]>(sql, [...values]);
    return { rows, affectedRows: 0, insertId: 0 };
  },
} as unknown as Database;

const app = Fastify();
app.get('/cgi-bin/cart.pl', async (request, reply) => {
  const id = cookieValue(request.raw.rawHeaders, 'CGISESSID') ?? '';
  const select = 'SELECT CAST(a_session AS BINARY) AS bytes FROM sessions WHERE id = ?';
  const [[row]] = await pool.query<RowDataPacket[]>(select, [id]);
  const bytes = row?.['bytes'] as Buffer | undefined;
  if (bytes === undefined) return reply.code(404).send('no session');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const data = codec.decode(bytes);
  module.touch(data, nowSeconds);
  module.setExpiry(data, 86_400);
  const cart = data['cart'] ?? null;
  const body = await cartBody(isCart(cart) ? cart : {}, '', db);
  await pool.query('UPDATE sessions SET a_session = ? WHERE id = ?', [codec.encode(data, bytes), id]);
  return reply
    .header('set-cookie', module.cookie(data, { name: 'CGISESSID', id, nowSeconds }))
    .type('text/html; charset=ISO-8859-1')
    .send(Buffer.from(`${String(pageTop('Your cart'))}${String(body)}${String(pageBottom)}`, 'latin1'));
});
await app.listen({ host: '127.0.0.1', port: Number(process.env['TCP_PORT']) });
