import t from 'tap';
import { checkOf, type StandardSchema } from '../../src/porting/shape.ts';
import type { SessionValue } from '../../src/session/session.ts';

/** A schema as a library would make it. */
const quantities: StandardSchema<Record<string, number>> = {
  '~standard': {
    validate: (value) => {
      if (typeof value !== 'object' || value === null) return { issues: [{ message: 'expected an object' }] };
      const [wrong] = Object.entries(value).filter(([, quantity]) => typeof quantity !== 'number');
      if (wrong === undefined) return {};
      return { issues: [{ message: 'expected a number', path: [{ key: wrong[0] }] }] };
    },
  },
};
const isText = (value: SessionValue): value is string => typeof value === 'string';

t.test('a value that was expected, a key without a schema and one that is not there are all right', (t) => {
  const check = checkOf({ cart: quantities, name: isText });
  t.doesNotThrow(() => check('cart', { 1001: 2 }));
  t.doesNotThrow(() => check('name', 'Pete'));
  t.doesNotThrow(() => check('seen', [1, 2]));
  t.doesNotThrow(() => check('cart', null));
  t.doesNotThrow(() => check('toString', 'a key like any other'));
  t.end();
});

t.test('another is refused, so that legacy answers; the reason says where it is', (t) => {
  const check = checkOf({ cart: quantities, name: isText });
  const refused = (key: string, value: SessionValue, message: RegExp) =>
    t.throws(() => check(key, value), { code: 'SESSION_UNREADABLE', message });
  refused('cart', 'nothing', /under cart of the session: expected an object/);
  refused('cart', { 1001: 'two' }, /under cart of the session: 1001: expected a number/);
  refused('name', 5, /under name of the session: it is something else/);
  t.end();
});

t.test('a schema that wants to be waited for is a mistake of the port', (t) => {
  const late: StandardSchema<string> = { '~standard': { validate: () => Promise.resolve({}) } };
  t.throws(() => checkOf({ name: late })('name', 'x'), TypeError);
  t.end();
});
