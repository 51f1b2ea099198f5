import t from 'tap';
import { cgiSession, sessionCookie } from '../../src/perl/cgi-session.ts';
import { dumperCodec } from '../../src/perl/dumper.ts';
import type { SessionData } from '../../src/session/session.ts';
import { askPerl, shapeOf } from './real-perl.ts';

const id = '0123456789abcdef0123456789abcdef';
/** Mon, 23 Nov 2026 04:51:16 GMT. */
const now = 1795409476;
const address = '203.0.113.9';

const newSession = (remoteAddress: string, id: string) =>
  cgiSession.begin({ id, nowSeconds: now, remoteAddress }) as SessionData;
/** What is left of a session that is alive. */
const keysAfterLoad = (data: SessionData, nowSeconds: number) => {
  if (cgiSession.load(data, nowSeconds) === 'expired') return null;
  return Object.keys(data).filter((key) => !cgiSession.isHidden(key));
};

const used = (keys: Record<string, unknown>) => Object.assign(Object.create(null), keys) as SessionData;

t.test('a new session has the four keys of CGI::Session, in its order', async (t) => {
  const data = newSession(address, id);
  t.same(Object.entries(data), [
    ['_SESSION_ID', id],
    ['_SESSION_CTIME', now],
    ['_SESSION_ATIME', now],
    ['_SESSION_REMOTE_ADDR', address],
  ]);
  t.equal(Object.getPrototypeOf(data), null);
});

t.test('touching a session sets the time of its last use and nothing else', async (t) => {
  const data = newSession('', id);
  cgiSession.touch(data, now + 5);
  t.equal(data['_SESSION_ATIME'], now + 5);
  t.equal(data['_SESSION_CTIME'], now);
});

t.test('a session without a time limit never expires', async (t) => {
  for (const limit of [undefined, null, 0, '0', '']) {
    t.equal(cgiSession.load(used({ _SESSION_ATIME: 1, _SESSION_ETIME: limit }), now), 'alive', String(limit));
  }
});

t.test('a session expires when it was idle for the whole of its limit', async (t) => {
  for (const [atime, etime] of [
    [now, 3600],
    [String(now), '3600'],
    [`${now}.0`, '3600 seconds'],
  ]) {
    const data = used({ _SESSION_ATIME: atime, _SESSION_ETIME: etime });
    t.equal(cgiSession.load(data, now + 3599), 'alive');
    t.equal(cgiSession.load(data, now + 3600), 'expired');
  }
});

t.test('a session that was never used counts from 1970, as in Perl', async (t) => {
  t.equal(cgiSession.load(used({ _SESSION_ETIME: 3600 }), now), 'expired');
  t.equal(cgiSession.load(used({ _SESSION_ATIME: now, _SESSION_ETIME: {} }), now), 'alive');
});

t.test('keys with a limit of their own go when it is over, but not the keys of CGI::Session', async (t) => {
  const data = used({
    _SESSION_ID: id,
    _SESSION_ATIME: now,
    _SESSION_EXPIRE_LIST: { cart: 600, '~logged-in': '60', absent: 1, _SESSION_ID: 1 },
    cart: ['a'],
    '~logged-in': 1,
    user: 'alice',
  });
  t.same(keysAfterLoad(data, now + 59), ['cart', '~logged-in', 'user']);
  t.same(keysAfterLoad(data, now + 60), ['cart', 'user']);
  t.same(keysAfterLoad(data, now + 600), ['user']);
  t.same(Object.keys(data), ['_SESSION_ID', '_SESSION_ATIME', '_SESSION_EXPIRE_LIST', 'user']);
});

t.test('a list of limits that is none is left alone', async (t) => {
  for (const list of [undefined, null, 'x', 1, ['cart']]) {
    const data = used({ _SESSION_ATIME: 1, _SESSION_EXPIRE_LIST: list, cart: 1 });
    t.same(keysAfterLoad(data, now), ['cart']);
  }
});

t.test('hidden keys begin with _SESSION_', async (t) => {
  t.ok(cgiSession.isHidden('_SESSION_ID'));
  t.ok(cgiSession.isHidden('_SESSION_'));
  t.notOk(cgiSession.isHidden('_session_id'));
  t.notOk(cgiSession.isHidden('my_SESSION_ID'));
});

t.test(
  'a session that is told its id anew is of that id, and the counting ids of id:incr are ids',
  async (t) => {
    const data = newSession(address, id);
    cgiSession.renumber(data, 'f'.repeat(32));
    t.equal(cgiSession.idOf(data), 'f'.repeat(32));
    t.equal(cgiSession.idOf(used({ _SESSION_ID: 12 })), '12');
    for (const none of [undefined, null, '', [], 1.5])
      t.equal(cgiSession.idOf(used({ _SESSION_ID: none })), null);
  },
);

t.test('the limit of a session is in its cookie', async (t) => {
  const data = newSession(address, id);
  const cookie = () => cgiSession.cookie(data, { name: 'CGISESSID', id, nowSeconds: now });
  cgiSession.setExpiry(data, 3600);
  t.equal(cookie(), `CGISESSID=${id}; path=/; expires=Mon, 23-Nov-2026 05:51:16 GMT`);
  cgiSession.setExpiry(data, null);
  t.equal(cookie(), `CGISESSID=${id}; path=/`);
});

t.test('an id is 32 hex digits of the random bytes given', async (t) => {
  t.equal(
    cgiSession.newId(Buffer.from('000102030405060708090a0b0c0d0e0fff', 'hex')),
    '000102030405060708090a0b0c0d0e0f',
  );
  t.throws(() => cgiSession.newId(Buffer.alloc(15)), { message: /16 random bytes/ });
});

t.test('the cookie is spelled as CGI.pm spells it', async (t) => {
  const cookie = (expiresSeconds: number | null) =>
    sessionCookie({ name: 'CGISESSID', id, expiresSeconds, nowSeconds: now });
  t.equal(cookie(null), `CGISESSID=${id}; path=/`);
  t.equal(cookie(0), `CGISESSID=${id}; path=/`);
  t.equal(cookie(3600), `CGISESSID=${id}; path=/; expires=Mon, 23-Nov-2026 05:51:16 GMT`);
  t.equal(cookie(-86400), `CGISESSID=${id}; path=/; expires=Sun, 22-Nov-2026 04:51:16 GMT`);
});

/** What CGI::Session itself made of each step of a session's life. */
interface Answer {
  id: string;
  loaded: unknown;
  keys: string[];
  cookie: string | null;
}

/** Lives one life of a session in the real CGI::Session 4.48, with its clock set at every step. */
function liveInPerl(steps: object[]): Answer[] {
  return (askPerl('session', [{ address, steps }]) as [Answer[]])[0];
}

const sortedShape = (loaded: unknown) => {
  const [kind, ...entries] = loaded as ['hash', ...[string, unknown][]];
  return [kind, ...entries.sort(([a], [b]) => (a < b ? -1 : 1))];
};

t.test('CGI::Session makes the same new session and the same cookies', async (t) => {
  const [born, ...later] = liveInPerl([
    { now },
    { now: now + 10, expire: [3600] },
    { now: now + 20, expire: [0] },
    { now: now + 30, name: 'A b=;%~caf\xe9' },
    { now: now + 40, name: 'wide \u263a', expire: ['+3M'] },
  ]);
  t.match(born?.id, /^[0-9a-f]{32}$/);
  const ours = newSession(address, born?.id ?? '');
  t.same(sortedShape(born?.loaded), shapeOf(ours));
  const name = 'CGISESSID';
  const cookies = [
    { name, expiresSeconds: null, nowSeconds: now },
    { name, expiresSeconds: 3600, nowSeconds: now + 10 },
    { name, expiresSeconds: null, nowSeconds: now + 20 },
    { name: 'A b=;%~caf\xe9', expiresSeconds: null, nowSeconds: now + 30 },
    { name: 'wide \u263a', expiresSeconds: 3 * 30 * 86400, nowSeconds: now + 40 },
  ].map((cookie) => sessionCookie({ id: born?.id ?? '', ...cookie }));
  t.same(
    [born, ...later].map((answer) => answer?.cookie),
    cookies,
  );
});

t.test('CGI::Session touches, drops and expires at the same seconds', async (t) => {
  const steps = [
    { now, param: ['cart', 'a'], expire: ['cart', 600] },
    { now, param: ['user', 'alice'], expire: [3600] },
    { now: now + 599 },
    { now: now + 599 + 600 },
    { now: now + 599 + 600 + 3599 },
    { now: now + 599 + 600 + 3599 + 3600 },
  ];
  const answers = liveInPerl(steps);
  const data = newSession(address, answers[0]?.id ?? '');
  Object.assign(data, {
    cart: 'a',
    user: 'alice',
    _SESSION_ETIME: 3600,
    _SESSION_EXPIRE_LIST: { cart: 600 },
  });
  for (const [index, step] of steps.entries()) {
    if (index < 2) continue;
    const loaded = answers[index]?.loaded;
    t.equal(cgiSession.load(data, step.now), loaded === null ? 'expired' : 'alive', `step ${index}`);
    if (loaded === null) continue;
    cgiSession.touch(data, step.now);
    t.same(sortedShape(loaded), shapeOf(data), `step ${index}`);
    t.same(
      answers[index]?.keys,
      Object.keys(data)
        .filter((key) => !cgiSession.isHidden(key))
        .sort(),
      `step ${index}: keys`,
    );
  }
  t.equal(answers.at(-1)?.loaded, null);
  t.notOk(Object.hasOwn(data, 'cart'));
});

t.test('what Perl reads of our new session is our new session', async (t) => {
  const data = newSession(address, id);
  const expected = `$D = {'_SESSION_ID' => '${id}','_SESSION_CTIME' => ${now},'_SESSION_ATIME' => ${now},'_SESSION_REMOTE_ADDR' => '${address}'};;$D`;
  t.equal(dumperCodec.encode(data, null).toString(), expected);
});
