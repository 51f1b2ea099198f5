import {
  html,
  perl,
  type Database,
  type Html,
  type Params,
  type PerlScalar,
  type SessionValue,
} from 'banyan';
import { esc, getRecord, price } from './shop.ts';

/** The cart, as cart.pl keeps it in the session: quantities by number of the record, numbers or what was typed. */
export type Cart = Record<string, PerlScalar>;

/** What the ports expect under `cart`; legacy answers where it is something else. */
export function isCart(value: SessionValue): value is Cart {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((quantity) => quantity === null || typeof quantity !== 'object');
}

/** Its lines, sorted by the number of the record. */
export function linesOf(cart: Cart): [sku: string, quantity: PerlScalar][] {
  return Object.entries(cart).toSorted(([a], [b]) => perl.number(a) - perl.number(b));
}

/** `action=add`; what to say of it. */
export async function addToCart(cart: Cart, params: Params, db: Database): Promise<string> {
  const sku = params.get('sku');
  const quantity = params.get('qty');
  const record = sku !== null && /^\d+\n?$/.test(sku) ? await getRecord(db, sku) : null;
  if (record === null) return 'We have no such record.';
  const sum = perl.number(cart[record.sku] ?? null) + perl.number(perl.isTrue(quantity) ? quantity : 1);
  if (perl.isTrue(sum)) cart[record.sku] = sum;
  else delete cart[record.sku];
  return `In your cart now: ${record.artist}: ${record.title}`;
}

/** `action=remove`; what to say of it. */
export function takeOut(cart: Cart, sku: string | null): string {
  if (sku === null || !Object.hasOwn(cart, sku)) return 'That record is not in your cart.';
  delete cart[sku];
  return 'Taken out of your cart.';
}

/** What stands on the page: the message, if there is any, and the cart. */
export async function cartBody(cart: Cart, message: string, db: Database): Promise<Html> {
  const said = message === '' ? null : html`<P><FONT COLOR="#006600">${esc(message)}</FONT>\n`;
  const lines = linesOf(cart);
  if (lines.length === 0) return html`${said}<P>Your cart is empty.\n<P><B>Items: 0</B>\n`;
  let [items, total] = [0, 0];
  const rows: Html[] = [];
  for (const [sku, quantity] of lines) {
    const { row, sum } = await cartRow(sku, quantity, db);
    items += perl.number(quantity);
    total += sum;
    rows.push(row);
  }
  return html`${said}<FORM ACTION="cart.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="action" VALUE="update">
<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>
<TR BGCOLOR="#CCCCCC"><TH>No.<TH>Record<TH>Price<TH>Qty<TH>Sum<TH>&nbsp;
${rows}<TR><TD COLSPAN=4 ALIGN="right"><B>Total</B><TD ALIGN="right"><B>${price(total)}</B><TD>&nbsp;
</TABLE>
<P><B>Items: ${items}</B>
<P><INPUT TYPE="submit" VALUE="Update quantities">
</FORM>
<P><A HREF="checkout.pl">Checkout</A> | <A HREF="giftlist.py">Print as gift list</A>
`;
}

async function cartRow(sku: string, quantity: PerlScalar, db: Database): Promise<{ row: Html; sum: number }> {
  const record = await getRecord(db, sku);
  const remove = html`<TD><A HREF="cart.pl?action=remove;sku=${esc(sku)}">remove</A>\n`;
  if (record === null) {
    const gone = html`<TD><I>no longer available</I><TD>&nbsp;<TD>${esc(quantity)}<TD>&nbsp;`;
    return { row: html`<TR><TD>${esc(sku)}${gone}${remove}`, sum: 0 };
  }
  const sum = perl.number(record.price) * perl.number(quantity);
  const name = html`<A HREF="view.pl?sku=${esc(sku)}">${esc(record.artist)}: ${esc(record.title)}</A>`;
  const short =
    record.stock < perl.number(quantity)
      ? html` <FONT SIZE="-1" COLOR="#CC0000">(we have ${record.stock})</FONT>`
      : null;
  const field = html`<INPUT TYPE="text" NAME="qty_${esc(sku)}" SIZE=3 VALUE="${esc(quantity)}">`;
  const row = html`<TR><TD>${esc(sku)}<TD>${name}${short}<TD ALIGN="right">${price(record.price)}<TD>${field}<TD ALIGN="right">${price(sum)}${remove}`;
  return { row, sum };
}
