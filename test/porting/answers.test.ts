import t from 'tap';
import { html, json, redirect, text, trustedHtml } from '../../src/porting/answers.ts';

t.test('html as a tag escapes what is put in, and nothing else', (t) => {
  const title = `Bill & Ted's "<Excellent>"`;
  t.equal(
    String(html`<td title="${title}">&copy;</td>`),
    '<td title="Bill &amp; Ted&#39;s &quot;&lt;Excellent&gt;&quot;">&copy;</td>',
  );
  t.end();
});

t.test('numbers are as Perl prints them; null and undefined are nothing', (t) => {
  t.equal(String(html`${0.1 + 0.2}|${null}|${undefined}|${0}|${''}`), '0.3|||0|');
  t.end();
});

t.test('what html has made is put in as it is, and lists one behind the other', (t) => {
  const rows = ['a', '<b>'].map((name) => html`<li>${name}</li>`);
  t.equal(String(html`<ul>${rows}</ul>`), '<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  t.equal(String(html`<p>${trustedHtml('<b>old</b>')}</p>`), '<p><b>old</b></p>');
  t.end();
});

t.test('what is no text is refused, in words', async (t) => {
  const day = new Date(0) as unknown as string;
  t.throws(() => html`<td>${day}</td>`, { name: 'TypeError', message: /lists of them, and no Date$/ });
});

t.test('a look-alike of what html makes is text', (t) => {
  const fake = { toString: () => '<script>' } as unknown as string;
  t.throws(() => html`${fake}`, TypeError);
  t.end();
});

t.test('html as a function makes a page, of text or of what the tag has made', (t) => {
  const headers = ['Content-Type', 'text/html; charset=ISO-8859-1'];
  t.same(html('<p>caf\xe9 \u20ac'), {
    status: 200,
    headers,
    body: Buffer.from('<p>caf\xe9 &#8364;', 'latin1'),
  });
  t.same(html(html`<p>${'\u20ac'}`, { status: 404 }), {
    status: 404,
    headers,
    body: Buffer.from('<p>&#8364;'),
  });
  t.match(html('\u20ac', { charset: 'utf-8' }), {
    headers: ['Content-Type', 'text/html; charset=utf-8'],
    body: Buffer.from('\u20ac'),
  });
  t.end();
});

t.test('text, JSON and redirects say what they are', (t) => {
  t.match(text('\u20ac5'), {
    headers: ['Content-Type', 'text/plain; charset=ISO-8859-1'],
    body: Buffer.from('?5'),
  });
  t.match(json({ a: 1 }), { headers: ['Content-Type', 'application/json'], body: Buffer.from('{"a":1}') });
  t.same(redirect('view.pl?sku=1', { cookies: ['a=1', 'b=2'] }), {
    status: 302,
    headers: ['Location', 'view.pl?sku=1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
    body: Buffer.alloc(0),
  });
  t.end();
});
