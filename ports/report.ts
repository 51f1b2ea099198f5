import { setTimeout as rest } from 'node:timers/promises';
import { definePort, html, perl, stream, type Database, type Html, type SessionValue } from 'banyan';
import { esc, pageBottom, pageTop, price, shopSession } from './lib/shop.ts';

const isTime = (value: SessionValue): value is number | string =>
  typeof value === 'number' || typeof value === 'string';

/**
 * report.pl: sales by label and month, printed row by row with a rest after each. A stream is sent after the commit, so
 * the rows are asked for before it begins. The visitor's session is free meanwhile; the old script holds it to its end,
 * and a logout in another window came back to life with it.
 */
export default definePort({ session: { last_report: isTime } }, async ({ param, session, db, now }) => {
  shopSession(session);
  const last = session.get('last_report');
  session.set('last_report', Math.floor(now.getTime() / 1000));
  const before = perl.isTrue(last) ? perl.localtimeText(new Date(perl.int(last) * 1000)) : null;
  const rows = await salesRows(db, rowsAsked(param('rows')));
  const pieces = reportPieces(before, rows, pauseAsked(param('pause')) * 1000, rest);
  return stream(pieces, 'text/html; charset=ISO-8859-1', { cookies: [session.cookie()] });
});

function rowsAsked(typed: string | null): number {
  return typed !== null && /^\d{1,4}\n?$/.test(typed) ? Math.min(perl.number(typed), 60) : 10;
}

/** How long to rest after a row, in seconds. */
export function pauseAsked(typed: string | null): number {
  const isNumber = typed !== null && typed !== '' && /^\d{0,3}(\.\d+)?\n?$/.test(typed);
  return isNumber ? Math.min(perl.number(typed), 5) : 0.3;
}

/** So many rows: every label of a month, and then of the month before. */
async function salesRows(db: Database, count: number): Promise<Html[]> {
  const { rows: labels } = await db.query('SELECT id, name FROM labels ORDER BY id');
  const rows: Html[] = [];
  for (let [year, month] = [2003, 12]; labels.length > 0; [year, month] = monthBefore(year, month)) {
    for (const label of labels) {
      if (rows.length === count) return rows;
      rows.push(await salesRow(db, label as { id: number; name: string }, year, month));
    }
  }
  return rows;
}

function monthBefore(year: number, month: number): [number, number] {
  return month === 1 ? [year - 1, 12] : [year, month - 1];
}

async function salesRow(
  db: Database,
  label: { id: number; name: string },
  year: number,
  month: number,
): Promise<Html> {
  const { rows } = await db.query(
    `SELECT SUM(ol.qty) AS records, SUM(ol.qty * ol.price) AS sales
       FROM orders o, order_lines ol, records r
      WHERE ol.order_id = o.id AND r.sku = ol.sku AND r.label_id = ?
        AND YEAR(o.placed) = ? AND MONTH(o.placed) = ?`,
    [label.id, year, month],
  );
  const { records, sales } = rows[0] as { records: string | null; sales: string | null };
  return html`<TR><TD>${perl.sprintf('%02d/%d', month, year)}<TD>${esc(label.name)}<TD ALIGN="right">${perl.sprintf('%d', records)}<TD ALIGN="right">${price(sales)}
`;
}

/** The page in pieces; `sleep` waits so many milliseconds. */
export async function* reportPieces(
  lastRun: string | null,
  rows: readonly Html[],
  pauseMs: number,
  sleep: (ms: number) => Promise<unknown>,
): AsyncGenerator<string> {
  yield String(pageTop('Sales by label'));
  if (lastRun !== null) yield `<P>Last run: ${lastRun}\n`;
  yield '<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n<TR><TH>Month<TH>Label<TH>Records<TH>Sales\n';
  for (const row of rows) {
    yield String(row);
    await sleep(pauseMs);
  }
  yield String(html`</TABLE>\n${pageBottom}`);
}
