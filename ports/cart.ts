import { definePort, escapeHtml, perl, type Database, type Params, type PerlScalar } from 'banyan';
import { getRecord, page, price, shopSession } from './lib/shop.ts';

/** The cart, as cart.pl keeps it in the session: quantities by number of the record, numbers or what was typed. */
type Cart = Record<string, PerlScalar>;

/** cart.pl: `action=show`, `add;sku=1001;qty=2`, `remove;sku=1001`, `update;qty_1001=2`. */
export default definePort(async ({ params, session, db }) => {
  shopSession(session);
  const cart = (session.get('cart') ?? {}) as Cart;
  const typed = params.get('action');
  const action = perl.isTrue(typed) ? typed : 'show';
  const message = await change(cart, action, params, db);
  if (action !== 'show') session.set('cart', cart);

  let body = message === '' ? '' : `<P><FONT COLOR="#006600">${escapeHtml(message)}</FONT>\n`;
  body +=
    Object.keys(cart).length === 0 ? '<P>Your cart is empty.\n<P><B>Items: 0</B>\n' : await list(cart, db);
  return page(session, 'Your cart', body);
});

/** Does what the visitor asked for, and says so. */
async function change(cart: Cart, action: string | null, params: Params, db: Database): Promise<string> {
  const sku = params.get('sku');
  if (action === 'add') {
    const quantity = params.get('qty');
    const record = sku !== null && /^\d+\n?$/.test(sku) ? await getRecord(db, sku) : null;
    if (record === null) return 'We have no such record.';
    const sum = perl.number(cart[record.sku] ?? null) + perl.number(perl.isTrue(quantity) ? quantity : 1);
    if (perl.isTrue(sum)) cart[record.sku] = sum;
    else delete cart[record.sku];
    return `In your cart now: ${record.artist}: ${record.title}`;
  }
  if (action === 'remove') {
    if (sku === null || !Object.hasOwn(cart, sku)) return 'That record is not in your cart.';
    delete cart[sku];
    return 'Taken out of your cart.';
  }
  if (action === 'update') {
    for (const line of Object.keys(cart)) {
      const quantity = params.get(`qty_${line}`);
      if (quantity === null) continue;
      if (perl.isTrue(quantity)) cart[line] = quantity;
      else delete cart[line];
    }
    return 'Cart updated.';
  }
  return '';
}

/** The lines of the cart, sorted by number, and their sum. */
async function list(cart: Cart, db: Database): Promise<string> {
  let [items, total, lines] = [0, 0, ''];
  for (const sku of Object.keys(cart).toSorted((a, b) => perl.number(a) - perl.number(b))) {
    const quantity = cart[sku] ?? null;
    const record = await getRecord(db, sku);
    items += perl.number(quantity);
    lines += `<TR><TD>${escapeHtml(sku)}<TD>`;
    if (record === null) {
      lines += `<I>no longer available</I><TD>&nbsp;<TD>${escapeHtml(perl.print(quantity))}<TD>&nbsp;`;
    } else {
      const sum = perl.number(record.price) * perl.number(quantity);
      total += sum;
      const name = `${escapeHtml(record.artist)}: ${escapeHtml(record.title)}`;
      const short = ` <FONT SIZE="-1" COLOR="#CC0000">(we have ${record.stock})</FONT>`;
      const field = `<INPUT TYPE="text" NAME="qty_${escapeHtml(sku)}" SIZE=3 VALUE="${escapeHtml(perl.print(quantity))}">`;
      lines +=
        `<A HREF="view.pl?sku=${escapeHtml(sku)}">${name}</A>${record.stock < perl.number(quantity) ? short : ''}` +
        `<TD ALIGN="right">${price(record.price)}<TD>${field}<TD ALIGN="right">${price(sum)}`;
    }
    lines += `<TD><A HREF="cart.pl?action=remove;sku=${escapeHtml(sku)}">remove</A>\n`;
  }
  return `<FORM ACTION="cart.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="action" VALUE="update">
<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>
<TR BGCOLOR="#CCCCCC"><TH>No.<TH>Record<TH>Price<TH>Qty<TH>Sum<TH>&nbsp;
${lines}<TR><TD COLSPAN=4 ALIGN="right"><B>Total</B><TD ALIGN="right"><B>${price(total)}</B><TD>&nbsp;
</TABLE>
<P><B>Items: ${escapeHtml(perl.print(items))}</B>
<P><INPUT TYPE="submit" VALUE="Update quantities">
</FORM>
<P><A HREF="checkout.pl">Checkout</A> | <A HREF="giftlist.py">Print as gift list</A>
`;
}
