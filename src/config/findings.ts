import type { Span } from './desk.ts';
import { maskedLine, maskSecrets, secretsIn } from './mask.ts';

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
  /** Counted from 1, in UTF-16 units as editors do, a byte order mark left out. */
  readonly column: number;
  /** How many characters of the line are meant, at least 1. */
  readonly length: number;
  /** The line as it stands in the file, secrets hidden; variables are never filled in. Of a very long line a part. */
  readonly source: string;
  /** Where in `source` the characters stand that are meant, counted from 0. */
  readonly mark: { readonly from: number; readonly length: number };
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
  /** Stretches of the line that nobody may see; those that the line alone gives away where this is left out. */
  readonly secrets?: readonly Span[];
}

/** Makes a finding. This is the only door: what passes through here has no secret in it. */
export function makeFinding(parts: FindingParts): Finding {
  const { code, severity, help, file, line, text } = parts;
  const length = Math.max(1, Math.min(parts.length, text.length - parts.from));
  const { shown, place } = maskedLine(text, parts.secrets ?? secretsIn(text));
  const from = place(parts.from);
  const to = Math.max(from + 1, place(parts.from + length));
  const start = shown.length <= mostSource ? 0 : Math.max(0, from - 100);
  return Object.freeze({
    code,
    severity,
    message: clipped(maskSecrets(parts.message)),
    help: help === null ? null : clipped(maskSecrets(help)),
    file,
    line,
    column: parts.from + 1,
    length,
    source: shown.slice(start, start + mostSource),
    mark: Object.freeze({ from: from - start, length: Math.min(to, start + mostSource) - from }),
  });
}

const mostSource = 1000;

/** A sentence keeps its beginning and its end: a word of the file in it may be 1 MB long. */
function clipped(text: string): string {
  return text.length <= 600 ? text : `${text.slice(0, 400)} … ${text.slice(-150)}`;
}

/** `1 error, 0 warnings`. */
export function countFindings(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): string => {
    const found = findings.filter((finding) => finding.severity === severity);
    const hasMore = found.some(({ code }) => code === 'and-more');
    if (hasMore) return `more than ${found.length - 1} ${severity}s`;
    return `${found.length} ${severity}${found.length === 1 ? '' : 's'}`;
  };
  return `${count('error')}, ${count('warning')}`;
}

/** Whether any finding forbids using the file. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
