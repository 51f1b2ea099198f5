import { definePort, escapeHtml, perl, type PerlScalar } from 'banyan';
import { getRecord, page, price, shopSession } from './lib/shop.ts';

/** view.pl?sku=1001: one record, and the last ones the visitor looked at. */
export default definePort(async ({ params, session, db }) => {
  shopSession(session);
  const sku = params.get('sku');
  if (sku === null || !/^\d+\n?$/.test(sku)) {
    return page(session, 'No such page', '<P>Which record? I need its number.\n');
  }
  const record = await getRecord(db, sku);
  if (record === null) {
    const body =
      `<P>We have no record number ${escapeHtml(sku)}. It may be sold out for good.\n` +
      '<P><A HREF="search.pl">Search</A>\n';
    return page(session, 'Not found', body, 404);
  }

  // newest first, five at most, the one being looked at is the first
  const before = (session.get('seen') ?? []) as PerlScalar[];
  const others = before.filter((seen) => perl.number(seen) !== record.sku).slice(0, 4);
  session.set('seen', [record.sku, ...others]);

  let body = `<TABLE BORDER=0 CELLPADDING=3>
<TR><TD><B>Artist</B><TD>${escapeHtml(record.artist)}
<TR><TD><B>Title</B><TD><I>${escapeHtml(record.title)}</I>
<TR><TD><B>Label</B><TD>${escapeHtml(record.label ?? '')}
<TR><TD><B>Year</B><TD>${record.year === 0 ? '?' : record.year}
<TR><TD><B>Price</B><TD>${price(record.price)}
<TR><TD><B>Stock</B><TD>${stockText(record.stock)}
</TABLE>
<FORM ACTION="cart.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="action" VALUE="add">
<INPUT TYPE="hidden" NAME="sku" VALUE="${record.sku}">
Quantity <INPUT TYPE="text" NAME="qty" SIZE=3 VALUE="1">
<INPUT TYPE="submit" VALUE="Add to cart">
</FORM>
`;
  if (others.length > 0) {
    body += '<H4>You recently looked at</H4>\n<UL>\n';
    for (const other of others) {
      const seen = await getRecord(db, other ?? '');
      if (seen === null) continue;
      const title = `${escapeHtml(seen.artist)}: ${escapeHtml(seen.title)}`;
      body += `<LI><A HREF="view.pl?sku=${seen.sku}">${title}</A> ${price(seen.price)}\n`;
    }
    body += '</UL>\n';
  }
  return page(session, `${record.artist}: ${record.title}`, body);
});

function stockText(stock: number): string {
  if (stock <= 0) return '<FONT COLOR="#CC0000">sold out</FONT>';
  return stock < 3 ? `only ${stock} left` : `${stock} copies`;
}
