import t from 'tap';
import { sealOf } from '../../src/exchange/seal.ts';

t.test('who has the same password opens it, and nobody else', async (t) => {
  const closed = sealOf('swordfish', 'test').close('an id: \u00e9');
  t.notMatch(closed, 'an id');
  t.equal(sealOf('swordfish', 'test').open(closed), 'an id: \u00e9');
  t.equal(sealOf('sword', 'test').open(closed), null);
  t.equal(sealOf('swordfish', 'other').open(closed), null);
  t.equal(sealOf('swordfish', 'test').open(closed.slice(0, -4)), null);
  t.equal(sealOf('swordfish', 'test').open(''), null);
});
