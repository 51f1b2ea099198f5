import { words } from '../helpers/words.ts';
import { shown, type Spelling } from './spellings.ts';

interface Form {
  readonly method?: string;
  readonly target?: string;
  /** The field, or fields; null for none. */
  readonly type?: string | null;
  /** Further fields, each with its line break. */
  readonly more?: string;
  /** In place of the true one. */
  readonly length?: string;
}

const urlencoded = 'Content-Type: application/x-www-form-urlencoded';

function form(body: string, options: Form = {}): string {
  const { method = 'POST', target = '/cgi-bin/cart.pl', type = urlencoded, more = '' } = options;
  const length = options.length ?? `Content-Length: ${body.length}`;
  const fields = [
    `${method} ${target} HTTP/1.1`,
    'Host: shop.test',
    ...(type === null ? [] : [type]),
    length,
  ];
  return `${fields.filter(Boolean).join('\r\n')}\r\n${more}\r\n${body}`;
}

const bodies = [
  ...words(`action=add action=add&sku=1 sku=1&action=add sku=1;action=add action=add;sku=1 ;action=add &action=add&&
    %61ction=add action=%61dd %61%63%74%69%6f%6e=%61%64%64 %61%63%74%69%6F%6E=add action=%u0061dd %u0061ction=add
    action=%U0061dd action=a%64d action=%2561dd %2561ction=add action=%%61dd action=add% action=ad%6 action=%c1%a1dd
    action=%uff41dd action=%ud835%udc4edd action=+add action=add+ +action=add action+=add action=add%20 action=add%00
    action%00=add action=add%0a action=ADD Action=add ACTION=add action=show&action=add action=add&action=show
    action=&action=add action&action=add action;action=add action=add&action action=add=x action==add =add =add&action=add
    action add action+add action%3dadd action%26=add action=add%26 action=add%3b x=1&amp;action=add x&#38;action=add
    ?action=add action[]=add action[0]=add action.x=add .submit=x&action=add .submit=action&action=add .defaults=1&action=add
    .defaults=0&action=add .defaults=&action=add action=add&.defaults=x
    .cgifields=action&action=add .cgifields=action keywords=action=add action="add" 'action'=add action=add#x %=1&action=add
    a=%zz&action=add action\u0000=add action=add\u0000 \u00e9=\u00e9&action=add -action=add action:add {"action":"add"}
    _method=PUT&action=add action=a=d&action=add POSTDATA=x&action=add XForms:Model=x&action=add`),
  'action=add\r\n',
  '\r\naction=add',
  'action=add\n&x=1',
  'x=1\n&action=add',
  ' action=add',
  'action =add',
  'action= add',
  '\u00ef\u00bb\u00bfaction=add',
  `${'&'.repeat(5000)}action=add`,
  `x=${'y'.repeat(300_000)}&action=add`,
  'x&'.repeat(3000) + 'action=add',
  '',
];

const types = [
  null,
  ...words(`application/x-www-form-urlencoded;charset=utf-8 application/x-www-form-urlencoded;charset=utf-16le
    application/x-www-form-urlencoded;boundary=x APPLICATION/X-WWW-FORM-URLENCODED Application/x-www-form-urlencoded
    application/x-www-form-urlencodedx application/x-www-form-urlencoded, application/x-www-form-urlencoded,text/plain
    text/plain text/plain,application/x-www-form-urlencoded text/plain;application/x-www-form-urlencoded application/json
    application/xml text/xml multipart/form-data multipart/form-data;boundary=action multipart/form-data;boundary= */* x
    application/x-www-form application/octet-stream 0 "application/x-www-form-urlencoded"`).map(
    (type) => `Content-Type: ${type}`,
  ),
  'Content-Type:',
  'Content-Type:application/x-www-form-urlencoded',
  'Content-Type:\t application/x-www-form-urlencoded \t',
  'content-type: application/x-www-form-urlencoded',
  'CONTENT-TYPE: application/x-www-form-urlencoded',
  'Content_Type: text/plain',
  'Content-Type : text/plain',
  'Content-Type:\r\n application/x-www-form-urlencoded',
  'Content-Type: \u00e9',
  `${urlencoded}\r\nContent-Type: text/plain`,
  `Content-Type: text/plain\r\n${urlencoded}`,
  `${urlencoded}\r\n${urlencoded}`,
  `Content-Type:\r\n${urlencoded}`,
  `${urlencoded}\r\nContent_Type: text/plain`,
  `${urlencoded}\r\nContent-Encoding: gzip`,
  `${urlencoded}\r\nContent-Transfer-Encoding: base64`,
  `${urlencoded}\r\nConnection: content-type`,
  `${urlencoded}\r\nX-HTTP-Method-Override: GET`,
  `${urlencoded}\r\nExpect: 100-continue`,
];

const part = (
  boundary: string,
  head = 'Content-Disposition: form-data; name="action"',
  value = 'add',
): string => `--${boundary}\r\n${head}\r\n\r\n${value}\r\n`;
const multipart = (boundary: string): Form => ({
  type: `Content-Type: multipart/form-data; boundary=${boundary}`,
});
const closed = (parts: string, boundary = 'x'): string => `${parts}--${boundary}--\r\n`;

const heads = [
  ...words(`name=action name='action' NAME="action" name="%61ction" name="act\\"ion" name="Action" name="" name="a"tion"
    xname="action" name="x";name="action" name="action";name="x" name="action";filename="" name="action";filename="add"
    name="action";filename=add name="action";filename="x" name="action";filename="0" name*=utf-8''action name=act%69on
    name=action;x name="action name=action" name="action"x name==action`).flatMap((name) => [
    `Content-Disposition: form-data; ${name.replaceAll(';', '; ')}`,
  ]),
  'Content-Disposition: form-data;name="action"',
  'content-disposition: form-data; name="action"',
  'CONTENT-DISPOSITION: form-data; name="action"',
  'Content-disposition: form-data; name="action"',
  'Content-Disposition:form-data; name="action"',
  'Content-Disposition : form-data; name="action"',
  'Content-Disposition:\r\n form-data; name="action"',
  'Content-Disposition: form-data;\r\n\tname="action"',
  'Content-Disposition: attachment; name="action"',
  'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="action"',
  'Content-Disposition: form-data; name="action"\r\nContent-Disposition: form-data; name="x"',
  'Content-Disposition: form-data; name="action"\r\nContent-Transfer-Encoding: base64',
  'Content-Disposition: form-data; name="action"\r\nContent-Type: text/plain; charset=utf-16',
  'Content-Disposition: form-data; name="action"\r\nContent-Type: multipart/mixed; boundary=y',
  'Content-Type: text/plain\r\nContent-Disposition: form-data; name="action"',
  'X: Content-Disposition: form-data; name="action"',
  'X: y\nContent-Disposition: form-data; name="action"',
  'Content-Disposition: form-data; name="action"; y="',
  '',
];

const odd = (boundary: string, more = boundary): string =>
  form(closed(part(boundary), boundary), multipart(more));

const multiparts = [
  ...heads.map((head) => form(closed(part('x', head)), multipart('x'))),
  ...words(`'()+_-./=?: ------ 0 00 x=y x:y [x] x*y ${'b'.repeat(70)} ${'b'.repeat(5000)} action "`).map(
    (boundary) => odd(boundary),
  ),
  ...words(`"x" x; x,y x;charset=utf-8 'x' x" "x x;boundary=y y;boundary=x X`).map((said) => odd('x', said)),
  odd('x y', '"x y"'),
  odd('x', ' x'),
  ...words(`Content-Type:multipart/form-data Content-Type:MULTIPART/FORM-DATA;boundary=x Content-Type:multipart/mixed;boundary=x
    Content-Type:multipart/form-data;Boundary=x Content-Type:multipart/form-data;xboundary=x Content-Type:multipart/form-datax;boundary=x
    Content-Type:multipart/related;boundary=x;start=<a> Content-Type:text/plain;multipart/form-data;boundary=x
    Content-Type:multipart/form-data,multipart/form-data;boundary=x`).map((type) =>
    form(closed(part('x')), { type }),
  ),
  form(closed(part('x')), { type: 'Content-Type: multipart/form-data\r\nContent-Type: x; boundary=x' }),
  form(closed(part('x')), { type: `Content-Type: multipart/form-data; boundary=x\r\n${urlencoded}` }),
  form(closed(part('x')), { type: `${urlencoded}\r\nContent-Type: multipart/form-data; boundary=x` }),
  ...words(`MSIE%203.02;%20Mac DreamPassport/3.0`).map((agent) =>
    form('x\r\nContent-Disposition: form-data; name="action"\r\n\r\nadd\r\nx--\r\n', {
      ...multipart('x'),
      more: `User-Agent: ${agent.replaceAll('%20', ' ')}\r\n`,
    }),
  ),
  form(part('x'), multipart('x')),
  form(`${part('x')}--x`, multipart('x')),
  form(closed(part('x')).replaceAll('\r\n', '\n'), multipart('x')),
  form(closed(`preamble\r\n${part('x')}`), multipart('x')),
  form(closed(`0\r\n${part('x')}`), multipart('x')),
  form(closed(`${'p'.repeat(9000)}\r\n${part('x')}`), multipart('x')),
  form(`${closed(part('x', undefined, 'show'))}${closed(part('x'))}`, multipart('x')),
  form(closed(part('x', undefined, 'show') + part('x')), multipart('x')),
  form(closed(part('x') + part('x', undefined, 'show')), multipart('x')),
  form(
    closed(part('x', 'Content-Disposition: form-data; name="y"', 'z'.repeat(20_000)) + part('x')),
    multipart('x'),
  ),
  ...['add\r\n', '\r\nadd', 'add\n', 'YWRk', '', '%61dd', 'add\u0000'].map((value) =>
    form(closed(part('x', undefined, value)), multipart('x')),
  ),
  form('action=add', multipart('x')),
  form(closed(part('x')), {}),
  form(closed(part('x')), { ...multipart('x'), method: 'PUT' }),
  form(closed(part('x')), { ...multipart('x'), method: 'PATCH' }),
  form('<a/>', { type: 'Content-Type: application/xml', target: '/cgi-bin/cart.pl?action=add' }),
  form('<a/>', { type: 'Content-Type: text/plain', target: '/cgi-bin/cart.pl?action=add' }),
];

const targets =
  words(`/cgi-bin/cart.pl?action=add /cgi-bin/cart.pl?action=show /cgi-bin/cart.pl? /cgi-bin/cart.pl/x
  /cgi-bin/cart.pl/ /cgi-bin/%63art.pl //cgi-bin/./cart%2epl http://x/cgi-bin/cart.pl /cgi-bin/cart.pl/action=add
  /cgi-bin/cart.pl;action=add /cgi-bin/cart.pl%3faction=add /cgi-bin/cart.pl?action=show;.defaults=1 /cgi-bin/cart.pl?add`);
const methods = words(`GET HEAD PUT PATCH DELETE OPTIONS PROPFIND REPORT SEARCH QUERY post`);

const chunked = 'Transfer-Encoding: chunked';
const framings = [
  form('a\r\naction=add\r\n0\r\n\r\n', { length: chunked }),
  form('A;x=y\r\naction=add\r\n0\r\n\r\n', { length: chunked }),
  form('00000a\r\naction=add\r\n0\r\nX-Trailer: x\r\n\r\n', { length: chunked }),
  form(
    'action=add'
      .split('')
      .map((letter) => `1\r\n${letter}\r\n`)
      .join('') + '0\r\n\r\n',
    { length: chunked },
  ),
  form('a\r\naction=add\r\n0\r\nContent-Type: text/plain\r\n\r\n', { length: chunked }),
  form('a\r\naction=add\r\n0\r\n\r\n', { length: chunked, type: null }),
  form('action=add', { length: 'Content-Length: 9' }),
  form('action=addx', { length: 'Content-Length: 10' }),
  form('action=add', { length: 'Content-Length: 0' }),
  form('action=add', { length: '' }),
  form('action=add', { length: 'Content-Length: 010' }),
  form('action=add', { length: 'Content-Length: 10\r\nContent-Length: 10' }),
  form('action=add', { length: 'Content-Length: 10\r\nTransfer-Encoding: chunked' }),
  form('action=add').replace('HTTP/1.1', 'HTTP/1.0'),
  form('action=add', { more: 'a:\r\n'.repeat(90) }),
];

/** Ways to say action=add to cart.pl, or to seem to. */
export const paramSpellings: readonly Spelling[] = [
  ...bodies.map((body) => ({ what: shown(`body ${body}`), bytes: form(body) })),
  ...types.map((type) => ({ what: shown(type ?? 'no type'), bytes: form('action=add', { type }) })),
  ...words(
    `action=add;x=1 %61ction=add action=%u0061dd add action&x action=show&action=add .defaults=1&action=add`,
  ).flatMap((query) =>
    methods.slice(0, 6).map((method) => ({
      what: `${method} ?${query}`,
      bytes: form('', { method, target: `/cgi-bin/cart.pl?${query}`, length: '' }),
    })),
  ),
  ...targets.flatMap((target) =>
    ['', 'action=add', 'action=show'].map((body) => ({
      what: `POST ${target}, body ${body}`,
      bytes: form(body, { target }),
    })),
  ),
  ...methods.flatMap((method) =>
    ['', '?action=add', '?action=show', '?action'].map((query) => ({
      what: `${method} ${query} with a body`,
      bytes: form('action=add', { method, target: `/cgi-bin/cart.pl${query}` }),
    })),
  ),
  ...[...multiparts, ...framings].map((bytes) => ({
    what: shown(bytes.replace(/^.*\r\nHost.*\r\n/, '')),
    bytes,
  })),
];
