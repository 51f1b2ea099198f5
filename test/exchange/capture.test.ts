import t from 'tap';
import { type Capture, masked as maskedWith, secretsOf } from '../../src/exchange/capture.ts';

const id = '5f3a9c0123456789abcdef0123456789';

/** A login: nearly everything in it is somebody's. */
const login: Capture = {
  route: 'login',
  side: 'legacy',
  receivedAtMs: 0,
  endedAtMs: 0,
  clientAddress: '192.0.2.77',
  request: {
    method: 'POST',
    target: `/cgi-bin/login.pl?csrf_token=abc123&sku=1001&sid=${id}`,
    headers: ['Cookie', `CGISESSID=${id}; auth=s3cr3t`, 'Authorization', 'Basic cGV0ZQ==', 'Accept', '*/*'],
    body: 'login=pete&password=v%40nyl%3Bx&qty=2',
  },
  session: {
    id,
    before: null,
    after: `$D = {'_SESSION_ID' => '${id}','email' => 'pete@example.org','uid' => 7};;$D`,
  },
  answer: {
    status: 200,
    headers: ['Set-Cookie', `CGISESSID=${id}; path=/`],
    body: '<p>Welcome pete, we write to pete@example.org. Your password is v@nyl;x',
  },
};

const masked = (capture: Capture, also: readonly string[]): Capture =>
  maskedWith(capture, secretsOf(capture, also, 'CGISESSID'));

t.test('what is under a sensitive name is something else, wherever it stands', async (t) => {
  const text = JSON.stringify(masked(login, []));
  for (const secret of ['abc123', 'v%40nyl', 'v@nyl', 's3cr3t', 'cGV0ZQ', 'pete@', id, '192.0.2.77'])
    t.notMatch(text, secret, secret);
});

t.test('everything else is what it was', async (t) => {
  const { request, answer } = masked(login, []);
  t.match(request.target, /^\/cgi-bin\/login\.pl\?csrf_token=xxx999&sku=1001&sid=f00dcafe/);
  t.equal(request.body, 'login=pete&password=x%40xxxx%3Bx'.replace('x%40xxxx', 'x%40xxx') + '&qty=2');
  t.same(request.headers.slice(2), ['Accept', '*/*'], 'but for who it lets in');
  t.match(answer.body, 'we write to xxxx@xxxxxxx.xxx');
});

t.test('lengths stay, so that Storable and Content-Length do', async (t) => {
  const { session, answer, request } = masked(login, []);
  t.equal(session?.after?.length, login.session?.after?.length);
  t.equal(answer.body.length, login.answer.body.length);
  t.equal(request.body.length, login.request.body.length);
  t.equal(session?.id.length, id.length);
});

t.test('further names are masked where somebody says so', async (t) => {
  t.match(masked(login, []).request.body, 'login=pete');
  t.match(masked(login, ['login']).request.body, 'login=xxxx');
  t.match(masked(login, ['login']).answer.body, 'Welcome xxxx');
});

t.test('nobody learns the id of a session that the answer begins', async (t) => {
  const next = '99993c0123456789abcdef0123456789';
  const answer = {
    ...login.answer,
    headers: ['Set-Cookie', `CGISESSID=${next}; path=/`, 'Set-Cookie', 'colour=blue-and-green; path=/'],
    body: `<a href="cart.pl?sid=${next}">`,
  };
  const shown = masked({ ...login, answer }, []);
  t.notMatch(JSON.stringify(shown), next);
  t.match(shown.answer.headers[1], /^CGISESSID=beefcafe/);
  t.equal(shown.answer.headers[3], 'colour=blue-and-green; path=/');
  t.match(masked({ ...login, session: null, answer }, []).answer.body, /sid=f00dcafe/);
});
