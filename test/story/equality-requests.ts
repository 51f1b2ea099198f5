import { type Dice, makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';
import { anyBody, inChunks } from './equality-bodies.ts';
import { anyFields } from './equality-fields.ts';
import { answers, echoes } from './equality-scripts.ts';

/** A request of the corpus: the bytes of one that a client may send, and how they are cut. */
export interface CorpusRequest {
  readonly number: number;
  readonly method: string;
  readonly target: string;
  /** Its lines up to the empty one. */
  readonly head: string;
  /** All of it, as it is given to the system. */
  readonly pieces: readonly string[];
  readonly hasLength: boolean;
}

const methods = words(
  'GET GET GET GET GET HEAD POST POST POST POST PUT PATCH DELETE OPTIONS PROPFIND PURGE REPORT MKCOL SEARCH M-SEARCH LOCK LINK',
);

const queries = [
  '',
  '',
  '',
  '?',
  '?a=1&b=2',
  '?a=1;b=2',
  '?q=%E9&r=%e9',
  '?q=%zz',
  '?q=%',
  '?a+b',
  '?caf%E9+%22q%22',
  '?-d+x',
  '?foo%7Cbar+baz+--x',
  '?=',
  '?&&;',
  '?a=b?c=d',
  '?a=%00',
  '?word',
  '?a%3Db',
  '?+',
  '?a&b',
  '?a/b/../c',
  '?//',
  '?a[]=1',
  "?'",
  '?"<>',
  '?a|b^c`d{e}\\f',
  '?a=http://x/y',
  '?%2F%2E%2e',
  `?q=${'x'.repeat(6000)}`,
  '?a=1#',
  '?\xe9',
  '?%0a%0d',
  '?a=;b',
  '?$HOME+*+~+;ls',
];
const paths = [
  '',
  '',
  '',
  '',
  '/',
  '/a/b',
  '/a//b',
  '//',
  '/./a',
  '/a/.',
  '/a/../b',
  '/a/..',
  '/%E9',
  '/caf%C3%A9',
  '/a%2Fb',
  '/%zz',
  '/a%00b',
  '/a;b=c',
  '/a+b',
  '/a%20b',
  '/%2e%2e/x',
  '/...',
  '/.a',
  '/a%3Fb',
  '/a%5Cb',
  '/a\\b',
  `/${'p'.repeat(3000)}`,
  '/%61%2d%7E',
  '/a%0ab',
  '/"<>',
  "/'",
  '/a:b@c',
  '/../../../cgi-bin/echo.pl',
  '/%25',
  '/\xe9',
];
const files = [
  '/',
  '/index.html',
  '/help.html',
  '/logo.gif',
  '/style.css',
  '/empty.txt',
  '/text.txt',
  '/page.htm',
  '/sheet.xml',
  '/code.js',
  '/pack.tar.gz',
  '/page.html.gz',
  '/noext',
  '/caf%E9.txt',
  '/with%20space.txt',
  '/sub/',
  '/sub',
  '/sub/index.html',
  '/bare',
  '/bare/',
  '/missing',
  '/missing/',
  '/help.html/x',
  '/help.html/',
  '/.hidden',
  '/.htaccess',
  '//style.css',
  '/./style.css',
  '/sub/../style.css',
  '/%73tyle.css',
  '/style.css%20',
  '/STYLE.css',
  '/%7Euser',
  '/cgi-bin',
  '/cgi-bin/',
  '/cgi-bin/sub',
  '/cgi-bin/sub/',
  '/cgi-bin/missing.pl',
  '/cgi-bin/missing.pl/x',
  '/cgi-bin/not-executable.pl',
  '/icons/',
  '/*',
  '*',
];

/** Request number n, the same for the same seed: `make(seed, n)`. */
export function corpusRequest(seed: number, number: number): CorpusRequest {
  const dice = makeDice(seed * 1_000_003 + number);
  const kind = dice.below(10);
  const isFile = kind < 2;
  const isEcho = !isFile && kind < 7;
  const method = isFile
    ? dice.pick(words('GET GET GET GET GET HEAD HEAD POST PUT DELETE OPTIONS PROPFIND'))
    : dice.pick(methods);
  const script = isEcho
    ? dice.pick([...echoes, 'echo.pl', 'echo.pl'])
    : dice.pick([...answers, 'form.pl', 'form.pl', 'form.pl']);
  const target =
    (isFile ? dice.pick(files) : `/cgi-bin/${script}${dice.pick(paths)}`) +
    dice.pick(isFile ? ['', '', '', '?a=b'] : queries);
  const { lines, body, hasLength } = bodyOf(dice, method);
  const [version, host, asked] = addressed(dice, target);
  const head = [
    `${method} ${asked} HTTP/1.${version}`,
    ...shuffled(dice, [...host, ...lines, ...anyFields(dice, isFile)]),
  ];
  const text = `${head.join('\r\n')}\r\n\r\n`;
  const isRaw = /[\x80-\xff]/.test(target); // escaped by the gateway where its line comes in one piece
  return {
    number,
    method,
    target,
    head: text,
    pieces: isRaw ? [text + body] : cut(dice, text, body),
    hasLength,
  };
}

function bodyOf(dice: Dice, method: string): { lines: string[]; body: string; hasLength: boolean } {
  const isUsual = !words('GET HEAD DELETE OPTIONS').includes(method);
  if (!isUsual && dice.below(8) > 0) return { lines: [], body: '', hasLength: false };
  const { bytes, type } = anyBody(dice);
  const lines = type === null ? [] : [`Content-Type: ${type}`];
  if (dice.below(12) === 0) lines.push('Expect: 100-continue');
  if (bytes === '' && dice.below(3) === 0) return { lines, body: '', hasLength: false };
  if (dice.below(4) === 0)
    return { lines: [...lines, 'Transfer-Encoding: chunked'], body: inChunks(dice, bytes), hasLength: false };
  return { lines: [...lines, `Content-Length: ${bytes.length}`], body: bytes, hasLength: true };
}

/** Version, lines that name the host, and the target as it is asked. */
function addressed(dice: Dice, target: string): [version: number, host: string[], target: string] {
  const host = dice.pick([
    'shop.test',
    'Shop.Test:8443',
    '127.0.0.1',
    'shop.test:80',
    '[::1]:8080',
    'shop.test.',
  ]);
  const kind = dice.below(14);
  if (kind === 0) return [0, [], target];
  if (kind === 1) return [0, [`Host: ${host}`], target];
  if (kind === 2) return [0, [`Host: ${host}`, 'Connection: keep-alive'], target];
  if (kind === 3 && target.startsWith('/')) return [1, [`Host: ${host}`], `http://Named.test:81${target}`];
  return [1, [`Host: ${host}`], target];
}

function shuffled(dice: Dice, lines: readonly string[]): string[] {
  const left = [...lines];
  return lines.map(() => left.splice(dice.below(left.length), 1)[0] as string);
}

/** In one go, or in pieces that may end anywhere. */
function cut(dice: Dice, head: string, body: string): string[] {
  const text = head + body;
  const places =
    dice.below(3) === 0 ? Array.from({ length: 1 + dice.below(4) }, () => dice.below(text.length)) : [];
  const cuts = [0, ...places.sort((one, other) => one - other), text.length];
  return cuts.slice(1).map((end, i) => text.slice(cuts[i], end));
}
