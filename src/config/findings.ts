import { styleText } from 'node:util';
import { maskedColumn, maskSecrets } from './mask.ts';

/** One thing that is wrong with a file, with everything a person needs to mend it. */
export interface Finding {
  /** A stable word for machines, such as `unknown-key`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What to do about it, or null. May have several lines. */
  readonly help: string | null;
  /** The file as the user named it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
  /** How many characters of the line are meant, at least 1. */
  readonly length: number;
  /** The line as it stands in the file, passwords hidden; variables are never filled in. */
  readonly source: string;
}

/** What makes a finding: an offset into the text and the words. */
export interface FindingParts {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly help: string | null;
  readonly file: string;
  readonly line: number;
  /** The whole line, unmasked, without its line end. */
  readonly text: string;
  /** Where in the line it is, counted from 0. */
  readonly from: number;
  readonly length: number;
}

/** Makes a finding. This is the only door: what passes through here has no password in it. */
export function makeFinding(parts: FindingParts): Finding {
  const from = maskedColumn(parts.text, parts.from);
  const to = maskedColumn(parts.text, Math.min(parts.from + Math.max(1, parts.length), parts.text.length));
  return Object.freeze({
    code: parts.code,
    severity: parts.severity,
    message: maskSecrets(parts.message),
    help: parts.help === null ? null : maskSecrets(parts.help),
    file: parts.file,
    line: parts.line,
    column: from + 1,
    length: Math.max(1, to - from),
    source: maskSecrets(parts.text),
  });
}

/** A finding as the command line shows it: place, words, the source line and a mark under it. `color` colours for stdout. */
export function printFinding(finding: Finding, stream?: NodeJS.WritableStream): string {
  const paint = (style: 'red' | 'yellow' | 'bold' | 'cyan', text: string): string =>
    stream === undefined ? text : styleText(style, text, { stream });
  const { file, line, column, severity, message, code, help } = finding;
  const number = String(line);
  const gap = ' '.repeat(number.length + 1);
  const { shown, start } = cut(visible(finding.source), column - 1);
  const mark = ' '.repeat(start) + '^'.repeat(Math.min(finding.length, Math.max(1, shown.length - start)));
  const colour = severity === 'error' ? 'red' : 'yellow';
  const lines = [
    `${paint('bold', `${file}:${line}:${column}:`)} ${paint(colour, `${severity}:`)} ${visible(message)} [${code}]`,
    `${gap}|`,
    `${number} | ${shown}`,
    `${gap}| ${paint(colour, mark)}`,
    ...(help === null ? [] : [`${gap}= ${paint('cyan', 'help:')} ${help.replaceAll('\n', `\n${gap}  `)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** All findings one below the other with a blank line between them, or '' when there are none. */
export function printFindings(findings: readonly Finding[], stream?: NodeJS.WritableStream): string {
  return findings.map((finding) => printFinding(finding, stream)).join('\n');
}

/** `1 error, 0 warnings`. */
export function countFindings(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  return `${errors} error${errors === 1 ? '' : 's'}, ${warnings} warning${warnings === 1 ? '' : 's'}`;
}

/** Whether any finding forbids using the file. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

/** Tabs become arrows and other control characters dots, one for one so that the mark stays under its word. */
function visible(text: string): string {
  return text.replaceAll('\t', '→').replace(/[\p{Cc}\uFEFF]/gu, '·');
}

const widest = 160;

/** The part of a very long line around the place that is meant. */
function cut(line: string, start: number): { shown: string; start: number } {
  if (line.length <= widest) return { shown: line, start };
  const from = Math.max(0, Math.min(start - 40, line.length - widest));
  return { shown: line.slice(from, from + widest), start: start - from };
}
