import { definePort, perl, type Params } from 'banyan';
import { addToCart, cartBody, isCart, takeOut, type Cart } from './lib/cart.ts';
import { page, shopSession } from './lib/shop.ts';

/**
 * cart.pl once more, with a mistake that was left in: to see how comparison finds one before a visitor does. Everything
 * is as in cart.ts but `update`, which takes over Perl's `if ($qty)` word for word. `"0"` is false in Perl and true in
 * JavaScript, so a quantity of 0 takes nothing out of the cart: the line stays, at 0 (docs/porting-notes.md, its first row).
 *
 * Nothing routes to it: a route must name it, `cart.pl: { to: legacy, port: ./ports/cart-with-a-bug.ts }`.
 */
export default definePort({ session: { cart: isCart } }, async ({ params, session, db }) => {
  shopSession(session);
  const cart = session.get('cart') ?? {};
  const typed = params.get('action');
  const action = perl.isTrue(typed) ? typed : 'show';
  let message = '';
  if (action === 'add') message = await addToCart(cart, params, db);
  else if (action === 'remove') message = takeOut(cart, params.get('sku'));
  else if (action === 'update') message = update(cart, params);
  if (action !== 'show') session.set('cart', cart);
  return page(session, 'Your cart', await cartBody(cart, message, db));
});

function update(cart: Cart, params: Params): string {
  for (const sku of Object.keys(cart)) {
    const quantity = params.get(`qty_${sku}`);
    if (quantity === null) continue;
    if (quantity)
      cart[sku] = quantity; // the bug
    else delete cart[sku];
  }
  return 'Cart updated.';
}
