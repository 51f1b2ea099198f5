import { definePort, html } from 'banyan';
import { isCart, linesOf } from './lib/cart.ts';
import { esc, getRecord } from './lib/shop.ts';

/**
 * giftlist.py: the cart as a list to print. The script asks cart.pl for it over HTTP, as the visitor, at the host that the
 * request names, and picks the lines out of the page; it gives up after 15 seconds, or when the page looks different.
 * The port reads the session and the tables itself. So nothing is asked of anybody, nothing times out, and a visitor
 * without a session does not get a row in the table that he never hears of.
 *
 * It only looks: its route says `session: read`, which waits for nobody. (cart.pl counts as a use of the session; looking at
 * the list does not keep it alive any more.)
 */
export default definePort({ session: { cart: isCart } }, async ({ cookie, session, db }) => {
  // The script hands on the visitor's cookie, and no id that he has put into the address.
  const cart = cookie('CGISESSID') === null ? null : session.get('cart');
  const wishes = [];
  for (const [sku, quantity] of linesOf(cart ?? {})) {
    const record = await getRecord(db, sku);
    if (record === null) continue; // cart.pl says "no longer available", without a link
    wishes.push(html`<LI>${esc(quantity)} x ${esc(record.artist)}: ${esc(record.title)}\n`);
  }
  return html(html`<HTML><HEAD><TITLE>Gift list</TITLE></HEAD><BODY>
<H1>My wishes</H1>
${wishes.length > 0 ? html`<UL>\n${wishes}</UL>\n` : html`<P>Nothing yet.\n`}<P>from Black Plastic Records
</BODY></HTML>
`);
});
