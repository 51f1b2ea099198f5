import t from 'tap';
import { Register } from '../../src/exchange/register.ts';

t.test('it is a Map: set, get, have and delete', (t) => {
  const register = new Register<string, number>();
  register.set('a', 1);
  register.set('b', 2);
  t.equal(register.get('a'), 1);
  t.equal(register.get('c'), undefined);
  t.ok(register.has('b'));
  t.equal(register.size, 2);
  t.equal(register.delete('a'), true);
  t.equal(register.delete('a'), false);
  t.notOk(register.has('a'));
  t.equal(register.get('a'), undefined);
  t.end();
});

t.test(
  'a key keeps its place when its value is set again, and comes last when it was deleted before',
  (t) => {
    const register = new Register<string, number>();
    for (const [at, key] of ['a', 'b', 'c'].entries()) register.set(key, at);
    register.set('a', 7);
    t.equal(register.oldest, 'a');
    register.delete('a');
    register.set('a', 8);
    t.equal(register.oldest, 'b');
    t.same(register.entries(), [
      ['b', 1],
      ['c', 2],
      ['a', 8],
    ]);
    t.same(register.values(), [1, 2, 8]);
    t.end();
  },
);

t.test('an empty one has no oldest key', (t) => {
  t.equal(new Register<string, number>().oldest, undefined);
  t.end();
});
