import t from 'tap';
import { requestParams, urlParams, type Params } from '../../src/exchange/params.ts';
import { makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';
import { paramsInPerl, urlParamsInPerl, type PerlRequest } from './cgi-pm.ts';
import { breedMultipart, breedText } from './form-breed.ts';

const form = 'application/x-www-form-urlencoded';
const get = (query: string): PerlRequest => ({ method: 'GET', query, contentType: null, body: '' });
const post = (body: string, contentType: string | null = form, query = ''): PerlRequest => ({
  method: 'POST',
  query,
  contentType,
  body,
});

/** Every name with its values, as paramsInPerl gives them. */
function listed(params: Params): string[][] {
  return params.names().map((name) => [name, ...params.all(name)]);
}

function paramsOf(request: PerlRequest): string[][] {
  return listed(requestParams({ ...request, body: Buffer.from(request.body, 'latin1') }));
}

/** The parameters of a GET. */
function inQuery(query: string): Params {
  return requestParams({ method: 'GET', query, contentType: null, body: Buffer.alloc(0) });
}

t.test('a name has a value', async (t) => {
  const params = inQuery('artist=Can&year=1971');
  t.equal(params.get('artist'), 'Can');
  t.same(params.names(), ['artist', 'year']);
  t.equal(params.get('label'), null);
  t.same(params.all('label'), []);
});

t.test('the first value of a name is the value, and all are there in order', async (t) => {
  const params = inQuery('sku=1;sku=2&sku=3');
  t.equal(params.get('sku'), '1');
  t.same(params.all('sku'), ['1', '2', '3']);
  t.same(params.names(), ['sku']);
});

t.test('names every object has mean nothing', async (t) => {
  const params = inQuery('__proto__=1&constructor=2');
  t.same(listed(params), [
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  t.equal(inQuery('a=1').get('constructor'), null);
  t.same(inQuery('a=1').all('toString'), []);
});

t.test('bytes stay bytes', async (t) => {
  t.equal(inQuery('q=caf%E9').get('q'), 'caf\u00e9');
  t.equal(inQuery('q=caf%C3%A9').get('q'), 'caf\u00c3\u00a9');
});

t.test('the query of a POST is not among its parameters', async (t) => {
  t.same(paramsOf(post('a=body', form, 'a=query&b=query')), [['a', 'body']]);
});

const table: readonly PerlRequest[] = [
  // what separates, and what is between
  ...[...words(`a=1 a=1&b=2 a=1;b=2 a=1&a=2 a=1;a=2&b=3;a=4 a&b= =x = c=1=2 a=1& &a=1`), ''].map(get),
  ...['a=1&&b=2', '&&;;&', '&', ';', 'a;b', 'a&b', 'a=1&b', 'b&a=1', 'a==', 'a=&a=1', '==', '&=&'].map(get),
  // escapes
  ...words(`a=%41%42 a+b=c+d a=%2B a=% a=%4 a=%zz a=%4g a=%%41 a=%2541 a=%00 a=%0a%0D`).map(get),
  ...words(`%61=%31 a%3D1=2 a%26b=1 a=1%3Bb=2 a=caf%E9 a=caf%e9 a=\u00e9\u00ff a=%c3%a9 %E9=1`).map(get),
  // Microsoft's escapes
  ...['a=%u0041', 'a=%u20AC', 'a=%uzzzz', 'a=%u004', 'a=%U0041', 'a=%u00e9%E9', 'a=%ud83d%ude00'].map(get),
  ...words(`a=%uD83D a=%uDE00 a=%uDE00%uD83D a=%uD83D%u0041 a=%uD83D%uD83D%uDE00 a=%uffff%ufffe
      a=%u0000`).map(get),
  // keywords
  ...words(`a a+b a%20b + ++a++b++ +a a+ %20 a%0ab a%2Bb a%26b a%3Bb a%3D a%0b%0c%09b`).map(get),
  ...[...words(`a%A0b a%85b 0 a%00b %u0020a%u2003b foo|bar+--x % keywords=1 a.b-c_d~e`), 'a\u00a0b'].map(get),
  // names with a meaning of their own in CGI.pm
  ...words(`.submit=1&a=2 .cgifields=a&b=1 .defaults=1&a=2 .defaults=0&a=2 .defaults=&a=2
      .defaults=0&.defaults=1&a=2 .state=1`).map(get),
  ...[
    ...words(`-name=1 -a=1&-b=2 0=1 00=1&0=2 %20a%20=1 POSTDATA=1 .parameters=1 .defaults .submit`),
    ' =1',
  ].map(get),
  // methods
  ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND', 'get', 'POST', 'PUT', 'PATCH'].map((method) => ({
    ...get('a=1&b=2'),
    method,
  })),
  ...['HEAD', 'DELETE', 'GET', 'OPTIONS', 'PUT', 'PATCH'].map((method) => ({
    ...post('b=2', form, 'a=1'),
    method,
  })),
  // bodies
  post(''),
  post('', form, 'a=query'),
  post('a=1&b=2'),
  post('a=1;b=2', null),
  post('a=1', ''),
  post('a+b'),
  post('a\nb=1\r\n'),
  post('a=\u0000\u00ff\u00e9'),
  ...[
    `${form}; charset=utf-8`,
    `${form}x`,
    form.toUpperCase(),
    ` ${form}`,
    'text/plain',
    'application/json',
  ].map((type) => post('{"a"=1}', type)),
  ...['application/xml', 'application/xml; charset=utf-8', 'text/xml', 'application/octet-stream', '0'].map(
    (type) => post('<a b="1"/>', type, 'a=1&b=2'),
  ),
  ...['PUT', 'PATCH'].map((method) => ({ ...post('<a b="1"/>', 'application/xml', 'a=1'), method })),
  post('', 'text/plain'),
  post('', 'application/xml', 'a=1'),
  post('\u00ff\u00e9', 'text/plain'),
];

t.test('every row of the table is read as the real CGI.pm reads it', async (t) => {
  const expected = paramsInPerl(table);
  table.forEach((request, at) => t.same(paramsOf(request), expected[at], JSON.stringify(request)));
});

t.test('the query of any request is read as the real url_param reads it', async (t) => {
  const queries = ['', ...words(`a a&b a&b=1 + a=1&a=2;b a%3D1 &&= a&&b=1 .defaults=1&a=2 a+b&c a=%u20AC`)];
  const expected = urlParamsInPerl(queries);
  queries.forEach((query, at) =>
    t.same(
      listed(urlParams(query)).sort(([one = ''], [other = '']) => (one < other ? -1 : 1)),
      expected[at],
      query,
    ),
  );
});

t.test('1,000 random requests are read as the real CGI.pm reads them', async (t) => {
  const dice = makeDice(71);
  const requests = [
    ...Array.from({ length: 500 }, () => breedText(dice)),
    ...Array.from({ length: 500 }, () => breedMultipart(dice)),
  ];
  const expected = paramsInPerl(requests);
  const wrong = requests.flatMap((request, at) => {
    const perl = expected[at] ?? []; // where CGI.pm dies, there are none
    const ours = paramsOf(request);
    return JSON.stringify(ours) === JSON.stringify(perl) ? [] : [{ request, perl, ours }];
  });
  t.same(wrong.slice(0, 5), [], `${wrong.length} of ${requests.length} are read otherwise`);
  const counts = {
    died: expected.filter((params) => params === null).length,
    empty: expected.filter((params) => params?.length === 0).length,
    read: expected.filter((params) => params !== null && params.length > 0).length,
    parts: expected.slice(500).filter((params) => params !== null && params.length > 0).length,
  };
  t.ok(
    counts.died > 50 && counts.empty > 50 && counts.read > 500 && counts.parts >= 250,
    JSON.stringify(counts),
  );
});
