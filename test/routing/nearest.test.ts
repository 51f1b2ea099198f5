import t from 'tap';
import { didYouMean, nearest, slips } from '../../src/routing/nearest.ts';

t.test('a letter too many, too few, another, or two swapped is one slip', async (t) => {
  t.equal(slips('port', 'port'), 0);
  t.equal(slips('portt', 'port'), 1);
  t.equal(slips('pot', 'port'), 1);
  t.equal(slips('pert', 'port'), 1);
  t.equal(slips('prot', 'port'), 1);
  t.equal(slips('', 'port'), 4);
});

t.test('the nearest candidate is suggested', async (t) => {
  t.equal(nearest('seesion', ['name', 'session', 'timeout']), 'session');
  t.equal(didYouMean('seesion', ['session']), 'did you mean "session"?');
});

t.test('capitals do not count as slips', async (t) => t.equal(nearest('get', ['GET', 'POST']), 'GET'));

t.test('nothing is suggested when nothing is near', async (t) => {
  t.equal(nearest('elephant', ['name', 'port']), null);
  t.equal(nearest('a', ['to', 'x']), null);
});

t.test('long words may have a third of slips', async (t) => {
  t.equal(nearest('checkout-pages', ['checkout-page-x1']), 'checkout-page-x1');
});
