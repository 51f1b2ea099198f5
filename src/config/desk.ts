import { isScalar, LineCounter, type Node } from 'yaml';
import { makeFinding, type Finding } from './findings.ts';
import { secretsIn } from './mask.ts';
import { fillIn, hasVariables } from './variables.ts';

/** A stretch of the file, in characters from its start. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A scalar of the file. */
export interface Value {
  /** With the variables filled in: what is used. May be a secret. */
  readonly text: string;
  /** As written: what is shown. */
  readonly shown: string;
  readonly span: Span;
  /** Set when a variable is missing and only the routes matter: `text` is then empty, and a stand-in is read. */
  readonly isMissing?: true;
}

/** What a variable that is not set means: an error, or, for who only looks at the routes, a warning. */
export type MissingVariables = 'error' | 'warning';

/** What a file is read for. */
export interface Purpose {
  /** What a variable that is not set means. */
  readonly missingVariables?: MissingVariables;
  /** Whether a gateway is to run on it: then it may ask for nothing that this version does not do. */
  readonly mustRun?: boolean;
}

/** Notes a finding of one severity. */
type Report = (code: string, span: Span, message: string, help?: string | null) => void;

/** What everybody who reads one file works at: its text, its variables, and the pile of findings. */
export interface Desk {
  readonly file: string;
  readonly text: string;
  readonly findings: Finding[];
  readonly error: Report;
  readonly warn: Report;
  /** Notes what this version reads and does not do yet: a warning, and an error for who wants to run the file. */
  readonly later: (span: Span, message: string, help: string) => void;
  /** Whether so many findings of a severity are told that of further ones only the number is. */
  isFull(severity: Finding['severity']): boolean;
  /** The findings in the order of the file; where there are too many, the last one says how many more. */
  conclude(): Finding[];
  /** The line of an offset, counted from 1. */
  lineOf(offset: number): number;
  /** A scalar with its variables filled in, or null after a finding when it is none or cannot be filled in. */
  value(node: Node | null, what: string): Value | null;
}

/** So many errors, and so many warnings, are told in full; nobody reads more of them. */
const mostFindings = 100;

/** Opens a file that has been read. */
export function openDesk(
  file: string,
  text: string,
  env: Record<string, string | undefined>,
  { missingVariables = 'error', mustRun = false }: Purpose = {},
): Desk {
  const findings: Finding[] = [];
  const told = { error: 0, warning: 0 };
  const lines = countLines(text);
  let secrets: Span[] | null = null;
  const report = (
    severity: 'error' | 'warning',
    code: string,
    span: Span,
    message: string,
    help: string | null,
  ): void => {
    if (++told[severity] > mostFindings + 1) return;
    const { line, col } = lines.linePos(Math.min(span.from, text.length));
    const { from, to } = lineAt(text, Math.min(span.from, text.length) - (col - 1));
    secrets ??= secretsIn(text);
    const inLine = secrets
      .filter((secret) => secret.to > from && secret.from < to)
      .map((secret) => ({ from: Math.max(0, secret.from - from), to: Math.min(to, secret.to) - from }));
    findings.push(
      makeFinding({
        code,
        severity,
        message,
        help,
        file,
        line,
        text: text.slice(from, to),
        from: Math.min(Math.max(span.from, from), to) - from,
        length: span.to - span.from,
        secrets: inLine,
      }),
    );
  };
  const desk: Desk = {
    file,
    text,
    findings,
    error: (code, span, message, help = null) => report('error', code, span, message, help),
    warn: (code, span, message, help = null) => report('warning', code, span, message, help),
    later: (span, message, help) => report(mustRun ? 'error' : 'warning', 'not-yet', span, message, help),
    isFull: (severity) => told[severity] > mostFindings,
    conclude: () => conclude(findings, told),
    lineOf: (offset) => lines.linePos(offset).line,
    value: (node, what) => readValue(desk, node, what, env, missingVariables),
  };
  return desk;
}

/** Of each severity one more was noted than is told in full: it stands where the others begin. */
function conclude(findings: readonly Finding[], told: Record<Finding['severity'], number>): Finding[] {
  const inOrder = findings.toSorted((a, b) => a.line - b.line || a.column - b.column);
  for (const severity of ['error', 'warning'] as const) {
    const more = told[severity] - mostFindings;
    const last = more <= 0 ? undefined : inOrder.findLast((finding) => finding.severity === severity);
    if (last === undefined) continue;
    const message = more === 1 ? `there is 1 more ${severity}` : `there are ${more} more ${severity}s`;
    inOrder.splice(inOrder.indexOf(last), 1);
    inOrder.push(Object.freeze({ ...last, code: 'and-more', message, help: 'mend those above first' }));
  }
  return inOrder;
}

/** A line without its line end, and without the byte order mark that the first one may have. */
function lineAt(text: string, start: number): Span {
  const end = text.indexOf('\n', start);
  const to = end === -1 ? text.length : end;
  const from = start === 0 && text.startsWith('\uFEFF') ? 1 : start;
  return { from, to: Math.max(from, text[to - 1] === '\r' ? to - 1 : to) };
}

/** The stretch that a node takes up, without the white space and comment after it. */
export function spanOf(node: Node): Span {
  const [from, to] = node.range ?? [0, 0];
  return { from, to };
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function readValue(
  desk: Desk,
  node: Node | null,
  what: string,
  env: Record<string, string | undefined>,
  missing: MissingVariables,
): Value | null {
  if (node === null || !isScalar(node)) {
    const span = node === null ? { from: 0, to: 1 } : spanOf(node);
    desk.error(
      'bad-type',
      span,
      `${what} is a list or map, not a single value`,
      'write one value after the colon',
    );
    return null;
  }
  // With our way of reading YAML every scalar is text.
  const raw = typeof node.value === 'string' ? node.value : '';
  const span = spanOf(node);
  if (raw === '') {
    desk.error(
      'empty-value',
      { from: span.from, to: Math.max(span.to, span.from + 1) },
      `${what} has no value`,
    );
    return null;
  }
  if (!hasVariables(raw)) return { text: raw, shown: raw, span };
  const filled = fillIn(raw, env);
  for (const problem of filled.problems) {
    const at = desk.text.slice(span.from, span.to).indexOf(problem.shown);
    const from = span.from + Math.max(0, at);
    const report = problem.code === 'missing-variable' && missing === 'warning' ? desk.warn : desk.error;
    report(problem.code, { from, to: from + problem.shown.length }, problem.message, problem.help);
  }
  if (filled.problems.length === 0) return { text: filled.text, shown: raw, span };
  const isOnlyMissing = filled.problems.every((problem) => problem.code === 'missing-variable');
  return isOnlyMissing && missing === 'warning' ? { text: '', shown: raw, span, isMissing: true } : null;
}
