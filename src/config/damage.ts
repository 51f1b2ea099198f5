import type { Desk } from './desk.ts';

/** Bytes that no editor writes into a text: what a crash leaves, or a write that was torn apart. Line ends are \n or \r\n. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const damage = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/;

/** Reports the first damaged place [damaged] and says whether there is one. The rest of such a text means nothing. */
export function reportDamage(desk: Desk): boolean {
  const found = damage.exec(desk.text);
  // A \r at the very end belongs to a line end that is still to come: that the text is cut off is said elsewhere.
  if (found === null || (found[0] === '\r' && found.index === desk.text.length - 1)) return false;
  const byte = found[0].charCodeAt(0).toString(16).padStart(2, '0');
  const message =
    byte === '00'
      ? 'the file holds zero bytes, as a crash or a full disk leaves them'
      : `the file holds a control character (0x${byte})`;
  const span = { from: found.index, to: found.index + 1 };
  desk.error('damaged', span, message, 'write the file again; in a text are only spaces, tabs and line ends');
  return true;
}
