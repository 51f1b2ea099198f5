import type { Dice } from '../helpers/dice.ts';
import { mangle, nasty } from './odd-words.ts';
import { bodies, chunkings, framings, pipelines, torn } from './requests-bodies.ts';
import { fields } from './requests-fields.ts';
import { firstLines } from './requests-first-lines.ts';
import { type Odd, odd, target } from './requests.ts';

/** Proper requests with some bytes changed, put in, taken out or said twice. */
function mangled(dice: Dice, number: number): Odd[] {
  const host = 'Host: shop.test\r\n';
  const proper = [
    `GET ${target}1?a=b HTTP/1.1\r\n${host}Cookie: a=b\r\nAccept: */*\r\n\r\n`,
    `POST ${target}1 HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`,
    `POST ${target}1 HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n`,
    `GET ${target}1 HTTP/1.0\r\nConnection: keep-alive\r\nUser-Agent: \xfc\r\n\r\n`,
  ];
  const words = [
    ...nasty,
    '%',
    '_',
    ' HTTP/1.1',
    '\r\n\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    host,
    'Connection: host\r\n',
    'Expect: 100-continue\r\n',
  ];
  return Array.from({ length: number }, () => odd(mangle(dice, proper, words), 'any', { isLast: true }));
}

/** Every odd request; the same ones in every run. */
export function oddRequests(dice: Dice): Odd[] {
  const listed = [firstLines(), fields(), framings(), bodies(), chunkings(), pipelines(), torn()].flat();
  return [...listed, ...mangled(dice, 1000)];
}
