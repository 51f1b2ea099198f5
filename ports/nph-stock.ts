import { definePort, text } from 'banyan';

/**
 * nph-stock.pl: the stock list for the till. An `nph-` script writes its answer with status line and all; a port says
 * what the answer is, and how it is sent is not its affair. The till speaks HTTP/1.0 and understands no chunks: it gets
 * none, because the list is sent whole.
 */
export default definePort(async ({ db }) => {
  const { rows } = await db.query('SELECT sku, stock, price FROM records ORDER BY sku');
  const lines = rows.map(({ sku, stock, price }) => [sku, stock, price].join('\t') + '\r\n');
  return text(lines.join(''), { headers: { Server: 'till/1.0' } });
});
