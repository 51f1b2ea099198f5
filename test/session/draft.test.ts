import t from 'tap';
import { makeDraft, type SessionManners } from '../../src/session/draft.ts';
import type { SessionData, SessionUse, SessionValue } from '../../src/session/session.ts';

const manners: SessionManners = {
  check: () => undefined,
  isHidden: (key) => key.startsWith('_SESSION_'),
  setExpiry: (data, seconds) => {
    data['_SESSION_ETIME'] = seconds;
  },
  renew: (data) => {
    const id = `${data['_SESSION_ID'] as string}+`;
    data['_SESSION_ID'] = id;
    return id;
  },
  cookie: (_, id) => (id === null ? 'CGISESSID=; forget it' : `CGISESSID=${id}`),
};

function setUp(use: SessionUse = 'write') {
  const own: SessionData = { _SESSION_ID: 'a', cart: [1], user: null, name: 'Holger' };
  const data: SessionData = Object.assign(Object.create(null) as SessionData, own);
  return { data, draft: makeDraft(data, { id: 'a', isNew: false, use }, manners) };
}

t.test('a port reads what is in the session', async (t) => {
  const { draft } = setUp();
  t.equal(draft.get('name'), 'Holger');
  t.same(draft.keys(), ['cart', 'user', 'name']);
  t.match(draft, { id: 'a', isNew: false });
});

t.test('a key that is not there is null; one that is null is there', async (t) => {
  const { draft } = setUp();
  t.equal(draft.get('nothing'), null);
  t.equal(draft.has('nothing'), false);
  t.equal(draft.get('user'), null);
  t.equal(draft.has('user'), true);
});

t.test('a port writes what it likes', async (t) => {
  const { data, draft } = setUp();
  draft.set('name', 'Irmin');
  draft.set('new', 0);
  draft.delete('user');
  draft.delete('nothing');
  t.same({ ...data }, { _SESSION_ID: 'a', cart: [1], name: 'Irmin', new: 0 });
});

t.test('an array changed in place is a changed session', async (t) => {
  const { data, draft } = setUp();
  (draft.get('cart') as SessionValue[]).push(2);
  t.same(data['cart'], [1, 2]);
});

t.test("the session's own keys are neither seen nor touched", async (t) => {
  const { data, draft } = setUp();
  t.equal(draft.get('_SESSION_ID'), null);
  t.equal(draft.has('_SESSION_ID'), false);
  t.throws(() => draft.set('_SESSION_ID', 'b'), { name: 'TypeError', message: /belongs to the session/ });
  t.throws(() => draft.delete('_SESSION_ID'), TypeError);
  t.equal(data['_SESSION_ID'], 'a');
});

t.test('names every object has mean nothing', async (t) => {
  const { draft } = setUp();
  for (const key of ['constructor', 'toString', '__proto__']) t.equal(draft.has(key), false, key);
  draft.set('__proto__', 'x');
  t.equal(draft.get('__proto__'), 'x');
  t.same(draft.keys(), ['cart', 'user', 'name', '__proto__']);
});

t.test('the expiry and the cookie are done the way of the session', async (t) => {
  const { data, draft } = setUp();
  draft.expire(3600);
  t.equal(data['_SESSION_ETIME'], 3600);
  t.equal(draft.cookie(), 'CGISESSID=a');
});

t.test(
  'a session that is renewed has another id, which its cookie tells, and all that was in it',
  async (t) => {
    const { data, draft } = setUp();
    draft.set('user', 'holger');
    draft.renew();
    t.match(draft, { id: 'a+', isNew: false });
    t.equal(draft.cookie(), 'CGISESSID=a+');
    draft.renew();
    t.equal(draft.id, 'a++', 'and once more');
    t.same({ ...data }, { _SESSION_ID: 'a++', cart: [1], user: 'holger', name: 'Holger' });
  },
);

t.test(
  'a session that is removed takes its cookie with it, and nothing more of it can be changed',
  async (t) => {
    const { data, draft } = setUp();
    t.equal(draft.isRemoved, false);
    draft.remove();
    t.equal(draft.isRemoved, true);
    t.equal(draft.cookie(), 'CGISESSID=; forget it');
    t.equal(draft.get('name'), 'Holger', 'what was in it can be read yet');
    const changes = [
      () => draft.set('a', 1),
      () => draft.delete('cart'),
      () => draft.expire(60),
      () => draft.renew(),
    ];
    for (const change of changes) t.throws(change, { name: 'TypeError', message: /was removed/ });
    t.same({ ...data }, { _SESSION_ID: 'a', cart: [1], user: null, name: 'Holger' });
  },
);

t.test('a session that is not for writing refuses every change, and says why', async (t) => {
  for (const use of ['read', 'none'] as const) {
    const { data, draft } = setUp(use);
    const changes = [
      () => draft.set('a', 1),
      () => draft.delete('cart'),
      () => draft.expire(null),
      () => draft.renew(),
      () => draft.remove(),
    ];
    const message = new RegExp(`session: ${use}`);
    for (const change of changes) t.throws(change, { name: 'TypeError', message });
    t.equal(draft.get('name'), 'Holger');
    t.equal(draft.id, 'a');
    t.same({ ...data }, { _SESSION_ID: 'a', cart: [1], user: null, name: 'Holger' });
  }
});

t.test('a value is held against what the port expects, when it is read and when it is set', async (t) => {
  const { data } = setUp();
  const check = (key: string, value: unknown): void => {
    if (key === 'name' && typeof value !== 'string') throw new Error(`not expected: ${String(value)}`);
  };
  const draft = makeDraft(data, { id: 'a', isNew: false, use: 'write' }, { ...manners, check });
  t.equal(draft.get('name'), 'Holger');
  t.throws(() => draft.set('name', 5), { message: 'not expected: 5' });
  t.equal(data['name'], 'Holger');
});
