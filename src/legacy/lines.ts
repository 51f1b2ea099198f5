import type { Readable } from 'node:stream';

/** The longest line that is kept whole. */
const longest = 65_536;

/** Calls back with every line, one character a byte; of one that is too long only its beginning is kept. */
export function eachLine(stream: Readable, tell: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('latin1');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() as string).slice(0, longest);
    for (const line of lines) tell(line);
  });
  stream.once('close', () => {
    if (rest !== '') tell(rest);
  });
}
