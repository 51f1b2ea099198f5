import { styleText } from 'node:util';
import { hunksBetween } from '../config/hunk.ts';
import { maskSecrets } from '../config/mask.ts';

/** What is different between two texts of a file, a place and its lines for each hunk, without passwords. */
export function showDiff(file: string, before: string, after: string, stream: NodeJS.WritableStream): string {
  const paint = (style: 'red' | 'green', sign: string, lines: readonly string[]): string =>
    lines.map((line) => `${styleText(style, `${sign} ${shown(line)}`, { stream })}\n`).join('');
  return hunksBetween(before, after)
    .map(({ line, removed, added }) => {
      return `${file}:${line}\n${paint('red', '-', removed)}${paint('green', '+', added)}`;
    })
    .join('');
}

function shown(line: string): string {
  return maskSecrets(line.replace(/\r$/, ''));
}
