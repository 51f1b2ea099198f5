import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Answered } from '../../src/exchange/outcome.ts';
import { sealOf } from '../../src/exchange/seal.ts';
import { makeRecorder } from '../../src/gateway/recorder.ts';
import type { Route } from '../../src/routing/route.ts';
import { fakeClock } from '../helpers/clock.ts';

const cart = { name: 'cart' } as Route;
const view = { name: 'view' } as Route;
const order = { route: 'cart', mask: [] };

const exchangeWith = (body: string) =>
  ({
    method: 'POST',
    target: { target: '/cart.pl' },
    headers: ['Authorization', 'Basic cGV0ZQ=='],
    body: { lengthBytes: body.length, bytes: Buffer.from(body) },
    claimedSessionId: null,
    clientAddress: '192.0.2.1',
    receivedAtMs: 7,
  }) as unknown as Exchange;

const answered = (body: Buffer) =>
  ({
    side: 'legacy',
    answer: { status: 200, headers: [], body },
    finished: Promise.resolve(),
  }) as unknown as Answered;

function makeOne() {
  const clock = fakeClock();
  const recorder = makeRecorder({ clock, cookieName: 'CGISESSID', seal: null });
  /** One exchange from its beginning to its end. */
  const serve = (body = 'qty=1', answer = Buffer.from('page')): void => {
    const recording = recorder.begin(exchangeWith(body), cart);
    recording?.answered(answered(answer));
    recording?.end(null, null);
  };
  return { clock, recorder, serve };
}

t.test('nothing is recorded unless somebody asks, and nothing of other routes', async (t) => {
  const { recorder, serve } = makeOne();
  t.equal(recorder.wants(cart), false);
  serve();
  t.same(recorder.take(order), [], 'nor is what came before');
  t.equal(recorder.wants(cart), true);
  t.equal(recorder.wants(view), false);
});

t.test('who asks gets what came since, masked, once', async (t) => {
  const { recorder, serve } = makeOne();
  recorder.take(order);
  serve('password=vinyl');
  const [capture, ...others] = recorder.take(order);
  t.match(capture, {
    route: 'cart',
    side: 'legacy',
    request: { headers: [], body: 'password=xxxxx' },
    answer: { status: 200, body: 'page' },
  });
  t.same(others, []);
  t.same(recorder.take(order), []);
});

t.test('who asks no more for ten seconds wants no more, and what was kept is let go', async (t) => {
  const { clock, recorder, serve } = makeOne();
  recorder.take(order);
  clock.advance(9_999);
  recorder.take(order);
  clock.advance(9_999);
  t.equal(recorder.wants(cart), true);
  serve();
  clock.advance(1);
  t.equal(recorder.wants(cart), false);
  t.same(recorder.take(order), []);
});

t.test('what is under way while somebody asks is in the next answer', async (t) => {
  const { recorder } = makeOne();
  recorder.take(order);
  const recording = recorder.begin(exchangeWith(''), cart);
  recording?.answered(answered(Buffer.from('late')));
  t.same(recorder.take(order), []);
  recording?.end(null, null);
  t.match(recorder.take(order), [{ answer: { body: 'late' } }]);
});

t.test('no more than fifty are kept, and none that is larger than 1 MB', async (t) => {
  const { recorder, serve } = makeOne();
  recorder.take(order);
  serve('x'.repeat(1_048_577));
  serve('', Buffer.alloc(1_048_577));
  for (let i = 0; i < 60; i++) serve();
  t.equal(recorder.take(order).length, 50);
});

t.test('secrets are given beside a capture, closed, to who asks for them', async (t) => {
  const seal = sealOf('swordfish', 'recording');
  const serveTo = (key: typeof seal | null, sealed?: boolean) => {
    const recorder = makeRecorder({ clock: fakeClock(), cookieName: 'CGISESSID', seal: key });
    const asked = sealed === undefined ? order : { ...order, sealed };
    recorder.take(asked);
    const recording = recorder.begin(exchangeWith('password=vinyl'), cart);
    recording?.answered(answered(Buffer.from('page')));
    recording?.end(null, null);
    return recorder.take(asked)[0];
  };
  const { sealed = '' } = serveTo(seal, true) ?? {};
  t.notMatch(sealed, 'vinyl');
  t.match(JSON.parse(seal.open(sealed) ?? ''), { ids: [], values: ['vinyl'], begunAtMs: Number });
  t.equal(serveTo(seal)?.sealed, undefined, 'to nobody else');
  t.equal(serveTo(null, true)?.sealed, undefined, 'nor where there is nothing to close them with');
});
