import { definePort, perl, type Params } from 'banyan';
import { addToCart, cartBody, isCart, takeOut, type Cart } from './lib/cart.ts';
import { page, shopSession } from './lib/shop.ts';

/** cart.pl: `action=show`, `add;sku=1001;qty=2`, `remove;sku=1001`, `update;qty_1001=2`. */
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

/** The quantities that were typed; a record goes where it is none, or 0. */
function update(cart: Cart, params: Params): string {
  for (const sku of Object.keys(cart)) {
    const quantity = params.get(`qty_${sku}`);
    if (quantity === null) continue;
    if (perl.isTrue(quantity)) cart[sku] = quantity;
    else delete cart[sku];
  }
  return 'Cart updated.';
}
