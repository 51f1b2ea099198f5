import t from 'tap';
import { cookieValue } from '../../src/exchange/cookies.ts';
import { makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';
import { cookiesInPerl } from './cgi-pm.ts';

const read = (header: string, name = 'CGISESSID') => cookieValue(['Host', 'shop', 'Cookie', header], name);

t.test('a cookie has a value', async (t) => {
  t.equal(read('CGISESSID=5f3a9c'), '5f3a9c');
  t.equal(read('lang=de; CGISESSID=5f3a9c; seen=1'), '5f3a9c');
});

t.test('what was not sent, or is empty, is null', async (t) => {
  t.equal(cookieValue(['Host', 'shop'], 'CGISESSID'), null);
  for (const header of ['', 'CGISESSID', 'CGISESSID=', 'cgisessid=a', 'XCGISESSID=a', 'a=CGISESSID=b']) {
    t.equal(read(header), null, header);
  }
});

t.test('the field may be written in any case and sent in pieces', async (t) => {
  t.equal(cookieValue(['cookie', 'a=1', 'COOKIE', 'CGISESSID=x', 'Cookie', 'CGISESSID=y'], 'CGISESSID'), 'x');
});

const table = [
  'CGISESSID=a',
  'a=1;CGISESSID=b',
  'a=1,CGISESSID=b',
  'a=1 ; CGISESSID=b',
  'a=1;;CGISESSID=b',
  'CGISESSID=a;CGISESSID=b',
  ...words(`CGISESSID= CGISESSID CGISESSID=;CGISESSID=b =CGISESSID CGISESSID=a=b CGISESSID==`),
  '=a; CGISESSID=b',
  ...words(`CGISESSID=a&b CGISESSID=&b CGISESSID=a& CGISESSID=a%26b CGISESSID=a%3Bb
      CGISESSID=a%2Cb CGISESSID=&`),
  ...words(`CGISESSID=a+b CGISESSID=a%2Bb CGISESSID=%41 CGISESSID=%u0041 CGISESSID=%E9
      CGISESSID=%zz CGISESSID=%`),
  '%43GISESSID=a',
  'CGI%53ESSID=a;CGISESSID=b',
  '+CGISESSID=a',
  'CGISESSID+=a',
  'CGISESSID =a',
  'CGISESSID= a',
  'CGISESSID=a b',
  '  CGISESSID=a  ',
  '\tCGISESSID=a\t',
  'CGISESSID=a\u00a0',
  '\u00a0CGISESSID=a',
  'CGISESSID="a"',
  'CGISESSID=\u00e9',
  '$Version=1; CGISESSID=a',
  ...words(`cgisessid=a CGISESSID=0 CGISESSID=0;CGISESSID=b CGISESSID=%00 CGISESSID=%20
      CGISESSID=a%20 CGISESSID=%20a`),
  'x; CGISESSID=a',
];

t.test('every row of the table is read as the real CGI.pm reads it', async (t) => {
  const expected = cookiesInPerl(table.map((header) => ({ header, name: 'CGISESSID' })));
  table.forEach((header, at) => t.equal(read(header), expected[at] === '' ? null : expected[at], header));
});

t.test('2,000 random fields are read as the real CGI.pm reads them', async (t) => {
  const dice = makeDice(73);
  const pieces = [
    ...words(`S S S a b = = = ; ; , & + %53 %3D %26 %3B %2C`),
    ...words(`%20 %E9 %00 %u0053 % \u00e9 \u00a0 \t " 0 1 S=1 S=2 S= $`),
    ...words(`; ,`).map((separator) => `${separator} `),
    ' ',
  ];
  const headers = Array.from({ length: 2000 }, () => dice.text(pieces, 1, 14));
  const expected = cookiesInPerl(headers.map((header) => ({ header, name: 'S' })));
  const wrong = headers.filter((header, at) => read(header, 'S') !== (expected[at] || null));
  t.same(wrong.slice(0, 5), [], `${wrong.length} of ${headers.length} are read otherwise`);
  t.ok(expected.filter((value) => value !== null && value !== '').length > 300, 'many hold the cookie');
});
