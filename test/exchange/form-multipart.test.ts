import t from 'tap';
import { requestParams } from '../../src/exchange/params.ts';
import { paramsInPerl, type PerlRequest } from './cgi-pm.ts';

const type = 'multipart/form-data; boundary=x';
const field = 'Content-Disposition: form-data; ';
const end = '--x--\r\n';
const part = (head: string, value: string) => `--x\r\n${head}\r\n\r\n${value}\r\n`;
const post = (body: string, more: Partial<PerlRequest> = {}): PerlRequest => ({
  method: 'POST',
  query: 'q=1',
  contentType: type,
  body,
  ...more,
});
const one = part(`${field}name="a"`, '1');

function paramsOf(request: PerlRequest): string[][] {
  const params = requestParams({ ...request, body: Buffer.from(request.body, 'latin1') });
  return params.names().map((name) => [name, ...params.all(name)]);
}

t.test('a form with files has its fields and the names of its files', async (t) => {
  const file = part(`${field}name="photo"; filename="cat.jpg"\r\nContent-Type: image/jpeg`, '\u00ff\u00d8');
  t.same(paramsOf(post(`${one}${file}${one}${end}`)), [
    ['a', '1', '1'],
    ['photo', 'cat.jpg'],
  ]);
});

t.test('a form at which CGI.pm dies has no parameters: here its end is missing', async (t) => {
  t.same(paramsInPerl([post(one)]), [null]);
  t.same(paramsOf(post(one)), []);
});

/** Every request is read as the real CGI.pm reads it; where that dies, as an empty one. */
function asPerl(name: string, requests: readonly PerlRequest[]): void {
  t.test(name, async (t) => {
    const expected = paramsInPerl(requests);
    requests.forEach((request, at) => {
      const shown = JSON.stringify(request).replace(/(.)\1{20,}/g, '$1…');
      t.same(paramsOf(request), expected[at] ?? [], shown);
    });
  });
}

asPerl(
  'names and files are read as CGI.pm reads them, however they are written',
  [
    'name=a',
    'name="a',
    'name="a\\"b"',
    'name="a\\"b',
    'name="',
    'name=""',
    'name=',
    'NAME="a"',
    'xname="a"',

    'name="a"; name="b"',
    'name=a/b',
    'name="a;b"',
    "name='a'",
    'name="a\\\\"',
    'name="\u00e9"',
    ' name="a"',

    'file="f"',
    'filename="f"',
    'filename=a-b.txt',
    'filename=""',
    'filename="f',
    'filename="0"',
    'filename=0',
    ...['FileName="f;g"', 'filename="C:\\f"', 'filename=f\u00e9'].map((file) => `name="a"; ${file}`),
  ].map((said) => post(part(field + said, '1') + end)),
);

asPerl(
  'the header of a part is read as CGI.pm reads it',
  [
    'content-disposition: form-data; name="a"',
    'CONTENT-DISPOSITION: form-data; name="a"',
    'X:\r\nY: z',

    'Content-Disposition: form-data;\r\n\t name="a"',
    `Content-Type:\r\n${field}name="a"`,
    'nothing',
    'a:b',

    `x ${field}name="a"`,
    `x${field}name="a"`,
    `(${field}name="a"`,
    `${field}name="a"\r\n${field}name="b"`,

    `Content-Type: multipart/mixed; boundary=y\r\n${field}name="a"`,
    `content-type: x\r\n${field}name="a"`,
    'Content-Disposition : form-data; name="a"',
    'Content-Disposition:form-data; name="a"',
    '',
    '\r\n',
    ...[4040, 4060, 4080, 5000].map((size) => `X: ${'y'.repeat(size)}\r\n${field}name="a"`),
  ].map((head) => post(one + part(head, '2') + end)),
);

asPerl('what stands around the parts is read as CGI.pm reads it', [
  ...['\r\n', '0\r\n', 'a preamble\r\n', '\n', '0', `${'y'.repeat(9000)}\r\n`].map((lead) =>
    post(lead + one + end),
  ),
  ...['', '--x', '--x\r\n', '--x--', '--x-', `${end}${one}`, 'x--', '--x\r\nnothing', '\r\n--x--'].map(
    (tail) => post(one + tail),
  ),
  ...['', end, '--x', one.replaceAll('\r\n', '\n') + end, (one + end).replaceAll('\r\n', '\r')].map((body) =>
    post(body),
  ),
  ...['--x\n', '--x\n\r', '--x ', '--xx\r\n'].map((line) => post((one + end).replace('--x\r\n', line))),
  ...['', '\r\n', '\n', 'v--x', `${'v'.repeat(20_000)}`, '\r\n--', '-'].map((value) =>
    post(part(`${field}name="a"`, value) + one + end),
  ),
]);

asPerl(
  'the boundary is the one that CGI.pm sees',
  [
    '; boundary="x"',
    ';boundary="x',
    '; boundary=x"',
    '; boundary=x; a=b',
    '; boundary=x, a',
    '',
    '; boundary=',
    '; boundary=""',
    '; boundary=0',
    '; Boundary=x',
    '; boundary="";boundary=x',
    '; xboundary=x',
    '; boundary= x',
    '; boundary=x;boundary=y',
    ' boundary=x',
    '-data boundary=x',
    '; boundary=X',
  ].flatMap((said) => [
    post(one + end, { contentType: `multipart/form-data${said}` }),
    post(`\r\n${one}${end}`, { contentType: `multipart/form-data${said}` }),
  ]),
);

asPerl(
  'two old browsers write boundaries without hyphens, and who says that he is one',
  [
    'DreamPassport/3',
    'x dreampassport',
    'MSIE 3.02;Mac',
    'Mozilla (MSIE  3.01; Mac_PPC)',
    'MSIE 3.03; Mac',
  ].map((userAgent) => post(one + end, { userAgent })),
);

const longest = [4091, 4092, 4093, 4094, 4095, 5000].map((size) => 'b'.repeat(size));
asPerl(
  'a boundary as long as what CGI.pm looks at at once brings it out of step, and us with it',
  longest.flatMap((boundary) =>
    [0, 1, 2, 9000].flatMap((size) => {
      const parts = `${one}${part(`${field}name="b"`, 'v'.repeat(size))}${end}`.replaceAll(
        '--x',
        `--${boundary}`,
      );
      return [
        post('z'.repeat(size) + parts, { contentType: `multipart/form-data; boundary=${boundary}` }),
        post(parts, { contentType: 'multipart/form-data' }),
      ];
    }),
  ),
);

const id = (name: string, value: string) => part(`Content-ID: <${name}>`, value);
const forms = [
  id('s', 'model') + id('f', 'file') + end,
  part('Content-Id: <s>', 'model') + part('nothing', 'file') + end,
  id('s', 'model') + id('XForms:Model', 'file') + id('keywords', 'file') + id('POSTDATA', 'file') + end,
];
asPerl('an XForm is read as CGI.pm reads it', [
  ...['<x a="1"/>', ''].map((body) => post(body, { contentType: 'application/xml', query: 'a+b' })),
  ...[
    '; boundary=x; start="<s>"',
    '; boundary="x"; start=s',
    '; boundary="x"start=<s>',
    ' boundary=xstart=s',
    '; start=s; boundary=x',
    '; boundary=x; start="',
    '; boundary=x; start=<',
    ';boundary=x;boundary=y; start=s',
    '; boundary=y; boundary=x; start=t; start=<s> x',
    ';boundary=x;boundary="";start=s',
    'boundary=x; start=s',
  ].flatMap((said) =>
    forms.flatMap((body) =>
      ['a+b', 'a=1'].map((query) => post(body, { query, contentType: `multipart/related${said}` })),
    ),
  ),
]);

asPerl('only of a POST are parts taken, and other kinds of multipart are data', [
  ...['PUT', 'PATCH', 'GET', 'DELETE'].map((method) => post(one + end, { method })),
  ...[
    'multipart/mixed; boundary=x',
    'Multipart/form-data; boundary=x',
    ' multipart/form-data; boundary=x',
  ].map((contentType) => post(one + end, { contentType })),
  ...['.defaults', '.submit', '.cgifields'].flatMap((name) =>
    ['1', '0', ''].map((value) => post(one + part(`${field}name="${name}"`, value) + end)),
  ),
  post(part(`${field}name=".defaults"; filename="0"`, '') + one + end),
]);
