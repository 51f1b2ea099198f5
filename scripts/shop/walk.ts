import { Visitor, type Page } from './visitor.ts';

/** One thing a walk looked at. */
export interface Step {
  readonly step: string;
  readonly held: boolean;
  /** What was seen instead, where it did not hold. */
  readonly saw?: string;
}

/** A visitor's walk through the whole shop: look, search, fill a cart, log in, buy, look at the account, leave. */
export async function walk(base: string): Promise<Step[]> {
  const visitor = new Visitor(base);
  const steps: Step[] = [];
  const see = (step: string, page: Page, status: number, ...words: string[]): void => {
    const missing = words.filter((word) => !page.body.includes(word));
    const held = page.status === status && missing.length === 0;
    steps.push({
      step,
      held,
      ...(held ? {} : { saw: `status ${page.status}, without ${JSON.stringify(missing)}` }),
    });
  };
  see('the front page', await visitor.get('index.pl'), 200, 'Black Plastic Records');
  const first = visitor.sessionId;
  see('a record', await visitor.get('view.pl?sku=1001'), 200, 'Add to cart', 'NAME="sku" VALUE="1001"');
  see(
    'another one, and the first is remembered',
    await visitor.get('view.pl?sku=1002'),
    200,
    'view.pl?sku=1001',
  );
  see('a record that is not there', await visitor.get('view.pl?sku=99999'), 404, 'no record number 99999');
  see('a search', await visitor.get('search.pl?q=a;page=1'), 200, 'view.pl?sku=');
  see(
    'one in the cart',
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '2' }),
    200,
    '<B>Items: 2</B>',
  );
  see('another in the cart', await visitor.get('cart.pl?action=add;sku=1002'), 200, '<B>Items: 3</B>');
  see(
    'quantities changed',
    await visitor.post('cart.pl', { action: 'update', qty_1001: '1', qty_1002: '1' }),
    200,
    '<B>Items: 2</B>',
  );
  see('one taken out', await visitor.get('cart.pl?action=remove;sku=1002'), 200, '<B>Items: 1</B>');
  steps.push({ step: 'one session all the way', held: visitor.sessionId === first });
  see('checkout wants a login', await visitor.get('checkout.pl'), 302);
  see('the login', await visitor.post('login.pl', { login: 'pete', password: 'vinyl' }), 302);
  steps.push({
    step: 'a new session id at login',
    held: visitor.sessionId !== first && visitor.sessionId !== null,
  });
  steps.push({ step: 'the cart moved along', held: (await visitor.items()) === 1 });
  const address = { name: 'Pete', address: '1 High Street', city: 'Hull', postcode: 'HU1' };
  see('checkout, the address', await visitor.post('checkout.pl', { step: '1' }), 200);
  see('checkout, to confirm', await visitor.post('checkout.pl', { step: '2', ...address }), 200);
  see('checkout, the order', await visitor.post('checkout.pl', { step: '3', ...address }), 200);
  steps.push({ step: 'the cart is empty afterwards', held: (await visitor.items()) === 0 });
  see('the account', await visitor.get('account.pl'), 200);
  see('the gift list, a script that calls a script', await visitor.get('giftlist.py'), 200);
  see('the stock list, an nph script', await visitor.get('nph-stock.pl'), 200);
  see('the logout', await visitor.get('logout.pl'), 302);
  return steps;
}
