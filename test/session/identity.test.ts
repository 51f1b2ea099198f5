import t from 'tap';
import { findField } from '../../src/exchange/form-field.ts';
import {
  claimedIdOf,
  sessionIdOf,
  sessionLabel,
  withoutId,
  type IdPlaces,
  type IdSource,
} from '../../src/session/identity.ts';

const get = { method: 'GET', path: '/', query: '', body: null };
const cgi: IdPlaces = { name: 'CGISESSID', path: null, isFolded: true };
const idIn = (cookie: string) => sessionIdOf({ ...get, headers: ['Cookie', cookie] }, cgi);

t.test('a request names its session with a cookie', async (t) => {
  t.equal(idIn('lang=de; CGISESSID=5f3a9c'), '5f3a9c');
  t.equal(sessionIdOf({ ...get, headers: ['Cookie', 'sid=1'] }, { ...cgi, name: 'sid' }), '1');
});

t.test('one without such a cookie has no session', async (t) => {
  t.equal(sessionIdOf({ ...get, headers: ['Host', 'shop'] }, cgi), null);
  for (const cookie of ['CGISESSID=', 'CGISESSID', 'cgisessid=a', 'CGISESSID=%20', 'CGISESSID=+']) {
    t.equal(idIn(cookie), null, cookie);
  }
});

t.test('or, without the cookie, with a parameter of the same name, as CGI::Session does', async (t) => {
  const find = (request: Partial<IdSource>) => sessionIdOf({ ...get, headers: [], ...request }, cgi);
  t.equal(find({ query: 'sku=1;CGISESSID=ABC' }), 'abc', 'in a query');
  t.equal(find({ query: '%43GISESSID=abc' }), 'abc', 'however it is spelt');
  t.equal(
    find({ query: 'CGISESSID=abc', headers: ['Cookie', 'CGISESSID=def'] }),
    'def',
    'the cookie comes first',
  );
  t.equal(
    find({ query: 'CGISESSID=abc', headers: ['Cookie', 'CGISESSID=0'] }),
    'abc',
    'unless Perl finds it false',
  );
  const post = { method: 'POST', query: 'CGISESSID=query' };
  t.equal(find({ ...post, body: Buffer.from('a=1&CGISESSID=abc') }), 'abc', 'in a form');
  t.equal(find({ ...post, body: Buffer.from('a=1') }), null, 'not in the query of a POST');
  const form =
    '--x\r\nContent-Disposition: form-data; name="file"; filename="CGISESSID"\r\n\r\nno\r\n' +
    '--x\r\nContent-Disposition: form-data; name="CGISESSID"\r\n\r\nabc\r\n--x--\r\n';
  const headers = ['Content-Type', 'multipart/form-data; boundary=x'];
  t.equal(find({ ...post, headers, body: Buffer.from(form) }), 'abc', 'in a form with files');
  t.throws(() => find({ query: 'CGISESSID=%E9' }), { code: 'BAD_SESSION_ID' });
  t.throws(() => find({ query: `CGISESSID=${'a'.repeat(257)}` }), { code: 'BAD_SESSION_ID' });
});

t.test('spellings that Perl and MySQL take for one session are one turn', async (t) => {
  const spellings = ['5F3A9C', '5f3a9c', '%35f3a9c', '5f3a9c%20', '5f3a9c+', '5f3a9c&x', '%35f3A9c'];
  for (const spelling of spellings) t.equal(idIn(`CGISESSID=${spelling}`), '5f3a9c', spelling);
  t.equal(idIn('CGISESSID=5f3a9c; CGISESSID=other'), '5f3a9c');
});

t.test('a form with files is read as CGI.pm reads it, and in time, whatever is in it', async (t) => {
  const find = (body: string, type = 'multipart/form-data; boundary=x', method = 'POST') =>
    sessionIdOf({ ...get, method, headers: ['Content-Type', type], body: Buffer.from(body) }, cgi);
  const field = (name: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; ${name}\r\n\r\n${value}\r\n`;
  const own = field('name="CGISESSID"', 'own');
  const decoy = 'Content-Disposition: form-data; name="CGISESSID"\r\n\r\nother';
  t.equal(find(`${field('name="a"', decoy)}${own}--x--`), 'own', 'not in the value of another field');
  t.equal(find(`${field('name="cgisessid"', 'other')}${own}--x--`), 'own', 'not by another name');
  t.equal(find(`${field('name=CGISESSID', 'own')}--x--`), 'own', 'without quotes');
  t.equal(find(`${field('name="CGISESSID"; filename="own"', 'other')}--x--`), 'own', 'a file is its name');
  t.equal(
    find(`${own}--x--`, 'multipart/form-data'),
    'own',
    'the boundary is the first line, where none is named',
  );
  t.equal(find(`${own}--x--`, 'Multipart/form-data; boundary=x'), null, 'Perl minds the case of the type');
  t.equal(find(`${own}--x--`, 'multipart/form-data; boundary=x', 'PUT'), null, 'and the method');
  t.equal(find('content-disposition:'.repeat(50_000)), null, 'a megabyte of beginnings');
  t.throws(() => find(`CGISESSID=${'+'.repeat(1_000_000)}x`, 'application/x-www-form-urlencoded'));
});

t.test('a large form is searched piece by piece', async (t) => {
  const bodies = {
    'multipart/form-data; boundary=x': `--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n${'y'.repeat(5000)}\r\n--x\r\nContent-Disposition: form-data; name="CGISESSID"\r\n\r\nown\r\n--x--`,
    'application/x-www-form-urlencoded': `a=${'y'.repeat(5000)}&CGISESSID=own&b=1`,
  };
  for (const [type, body] of Object.entries(bodies)) {
    for (const size of [1, 2, 7, 100, 10_000]) {
      const finder = findField({ method: 'POST', query: '', contentType: type }, 'CGISESSID');
      for (let at = 0; at < body.length; at += size)
        if (finder?.push(Buffer.from(body.slice(at, at + size)))) break;
      t.equal(finder?.end(), 'own', `${type} in pieces of ${size}`);
    }
  }
  t.equal(findField({ method: 'POST', query: '', contentType: 'text/plain' }, 'CGISESSID'), null);
});

t.test('a port opens just the session that was asked for, however its turn is called', async (t) => {
  t.equal(claimedIdOf({ ...get, headers: ['Cookie', 'CGISESSID=AbC'] }, cgi), 'AbC');
});

t.test(
  'an id that stands in a path is not in the log, and nothing else of the path is changed',
  async (t) => {
    const inPath = { ...cgi, path: { before: '/sid=', after: '' } };
    const shown = (path: string, places: IdPlaces | null) => withoutId({ path, decoded: path }, places);
    t.equal(shown('/shop/sid=AbC/cart', inPath), `/shop/sid=${sessionLabel('AbC')}/cart`);
    t.equal(shown('/shop/cart', inPath), '/shop/cart', 'whatever id the cookie names');
    t.equal(shown('/shop/sid=AbC/cart', cgi), '/shop/sid=AbC/cart', 'where the site has none in its paths');
    t.equal(shown('/shop', null), '/shop');
  },
);

t.test('or in the path, where the site keeps it there, before anything else', async (t) => {
  const find = (path: string, place: { before: string; after: string }, cookie = 'CGISESSID=other') =>
    sessionIdOf({ ...get, path, headers: ['Cookie', cookie] }, { ...cgi, path: place });
  const sid = { before: '/sid=', after: '' };
  t.equal(find('/shop.pl/sid=AbC/cart', sid), 'abc', 'to the next slash');
  t.equal(find('/shop.pl/sid=abc', sid), 'abc', 'or the end');
  t.equal(find('/shop.pl/-abc-/cart', { before: '/-', after: '-/' }), 'abc', 'or what stands behind it');
  t.equal(find('/shop.pl/cart', sid), 'other', 'else it is the cookie’s');
  t.equal(find('/shop.pl/sid=/cart', sid), 'other', 'an empty one is none');
  t.throws(() => find('/shop.pl/sid=\xe9', sid), { code: 'BAD_SESSION_ID' });
});

t.test('to files, spellings are different names', async (t) => {
  const inFiles = { ...cgi, isFolded: false };
  t.equal(sessionIdOf({ ...get, headers: ['Cookie', 'CGISESSID=AbC'] }, inFiles), 'AbC');
});

t.test('different sessions stay different', async (t) => {
  t.not(idIn('CGISESSID=%20a'), idIn('CGISESSID=a'), 'white space in front counts');
});

t.test('an id that MySQL may find equal to another in its own way is refused', async (t) => {
  for (const odd of ['5f3a9c%00', '5f3a9%E9', '\xe9', '%u0101', 'a%09']) {
    t.throws(() => idIn(`CGISESSID=${odd}`), { code: 'BAD_SESSION_ID' }, odd);
  }
});

t.test('a label tells sessions apart and opens none', async (t) => {
  t.equal(sessionLabel('5f3a9c'), sessionLabel('5f3a9c'));
  t.not(sessionLabel('5f3a9c'), sessionLabel('5f3a9d'));
  t.match(sessionLabel('5f3a9c'), /^[0-9a-f]{10}$/);
});
