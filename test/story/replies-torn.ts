import { setImmediate } from 'node:timers/promises';
import type { Dice } from '../helpers/dice.ts';
import { mangle, nasty } from './odd-words.ts';
import { bare, chunkings, codings, lengths } from './replies-framing.ts';
import { fields } from './replies-fields.ts';
import { firstLines, interim } from './replies-first-lines.ts';
import { chunked, type Due, ok, page, reply, type Reply, two } from './replies.ts';

const inChunks = `${ok}${chunked}\r\n2\r\nok\r\n0\r\n\r\n`;
const behindHints = `HTTP/1.1 103 Hi\r\n\r\nHTTP/1.0 404 No\r\n${two}\r\nok`;
const wholes: readonly [string, Due][] = [
  [`${ok}${two}\r\nok`, page],
  [inChunks, page],
  [behindHints, { status: 404, body: 'ok' }],
];

/** A small answer that ends at each of its bytes: by a close, by a reset, or goes on a little later. */
function torn(): Reply[] {
  return wholes.flatMap(([whole, due]) =>
    Array.from(whole, (_, at) => at).flatMap((at): Reply[] => {
      const begun = { send: whole.slice(0, at) };
      const rest = { send: whole.slice(at) };
      const what = JSON.stringify(begun.send);
      return [
        { what: `${what}, closed`, method: 'GET', steps: [begun, 'close'], due: 'cut' },
        { what: `${what}, reset`, method: 'GET', steps: [begun, 'reset'], due: 'cut' },
        {
          what: `${what}, and the rest`,
          method: 'GET',
          steps: [begun, { until: () => setImmediate() }, rest],
          due,
        },
      ];
    }),
  );
}

/** Proper replies with some bytes changed, put in, taken out or said twice. */
function mangled(dice: Dice, number: number): Reply[] {
  const proper = [
    `${ok}Content-Type: text/html\r\nSet-Cookie: a=b; path=/\r\n${two}\r\nok`,
    `${ok}${chunked}Trailer: X-Sum\r\n\r\n2\r\nok\r\n3;x=y\r\nay!\r\n0\r\nX-Sum: 5\r\n\r\n`,
    `${behindHints.slice(0, 20)}Link: </a>\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /b\r\nConnection: close\r\n${two}\r\nok`,
    'HTTP/1.0 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnothing',
  ];
  const words = [...nasty, 'HTTP/1.1 ', two, chunked, '\r\n\r\n'];
  return Array.from({ length: number }, () => reply(mangle(dice, proper, words), 'any'));
}

/** Every hostile reply; the same ones in every run. */
export function hostileReplies(dice: Dice): Reply[] {
  const listed = [
    firstLines(),
    interim(),
    fields(),
    lengths(),
    codings(),
    bare(),
    chunkings(),
    torn(),
  ].flat();
  return [...listed, ...mangled(dice, 1000)];
}
