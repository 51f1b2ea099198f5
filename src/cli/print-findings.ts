import { styleText } from 'node:util';
import type { Finding } from '../config/findings.ts';
import { forLocale } from './print.ts';
import { displayWidth } from './width.ts';

/**
 * A finding as the command line shows it: place, words, the source line and a mark under it. With a stream it has the
 * colours and the letters that the stream can show.
 */
export function printFinding(finding: Finding, stream?: NodeJS.WritableStream): string {
  const paint = (style: 'red' | 'yellow' | 'bold' | 'cyan', text: string): string =>
    stream === undefined ? text : styleText(style, text, { stream });
  const plain = (text: string): string =>
    stream === undefined ? visible(text) : forLocale(visible(text), process.env);
  const { file, line, column, severity, message, code, help } = finding;
  const number = String(line);
  const gap = ' '.repeat(number.length + 1);
  const { before, meant, after } = pieces(finding);
  const mark = '^'.repeat(Math.max(1, displayWidth(plain(meant))));
  const colour = severity === 'error' ? 'red' : 'yellow';
  const lines = [
    `${paint('bold', `${file}:${line}:${column}:`)} ${paint(colour, `${severity}:`)} ${visible(message)} [${code}]`,
    `${gap}|`,
    `${number} | ${plain(before)}${plain(meant)}${plain(after)}`.trimEnd(),
    `${gap}| ${' '.repeat(displayWidth(plain(before)))}${paint(colour, mark)}`,
    ...(help === null ? [] : [`${gap}= ${paint('cyan', 'help:')} ${underneath(help, `${gap}  `)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** All findings one below the other with a blank line between them, or '' when there are none. */
export function printFindings(findings: readonly Finding[], stream?: NodeJS.WritableStream): string {
  return findings.map((finding) => printFinding(finding, stream)).join('\n');
}

function underneath(help: string, gap: string): string {
  return help.split('\n').map(visible).join(`\n${gap}`);
}

/** Tabs become arrows, and blanks that are no plain ones, and whatever does not show at all, a dot: one for one. */
function visible(text: string): string {
  return text.replaceAll('\t', '→').replace(/(?![ \u3000])[\p{Z}\p{Cc}\p{Cf}\p{Cs}]/gu, '·');
}

const widest = 160;

/** The source line around the place that is meant; of a very long one only the part around it. */
function pieces({ source, mark }: Finding): Record<'before' | 'meant' | 'after', string> {
  const from = source.length <= widest ? 0 : Math.max(0, Math.min(mark.from - 40, source.length - widest));
  const to = from + widest;
  const meantTo = Math.min(to, mark.from + mark.length);
  return {
    before: (from === 0 ? '' : '…') + source.slice(from, mark.from),
    meant: source.slice(mark.from, meantTo),
    after: source.slice(meantTo, to) + (to < source.length ? '…' : ''),
  };
}
