import t from 'tap';
import { type Capture, masked } from '../../src/exchange/capture.ts';

const id = '5f3a9c0123456789abcdef0123456789';

/** A login: nearly everything in it is somebody's. */
const login: Capture = {
  route: 'login',
  side: 'legacy',
  receivedAtMs: 0,
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
