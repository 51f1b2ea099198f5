import { cpus, release } from 'node:os';
import { stripVTControlCharacters, styleText } from 'node:util';

/** One side-by-side measurement. */
export interface Bench {
  readonly run: (order: Order) => Promise<Measured>;
}

/** How long to measure. */
export interface Order {
  readonly rounds: number;
  readonly seconds: number;
  /** Says what is going on, to people. */
  readonly say: (text: string) => void;
}

/** What a bench found out. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

/** One line of the table. */
export type Row = { readonly case: string } & Readonly<Record<string, string | number | null>>;

/** Something we want to be true. `wanted` and `held` are null where a figure is only reported. */
export interface Goal {
  readonly goal: string;
  readonly wanted: string | null;
  readonly measured: number | string;
  readonly held: boolean | null;
}

export interface Report extends Measured {
  readonly name: string;
  readonly machine: Machine;
}

/** What the figures were measured on; nothing that says whose machine it is. */
interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly kernel: string;
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    kernel: kernel(),
  };
}

/** The version without what a distribution or a host appended to it. */
function kernel(): string {
  return /^[\d.]+/.exec(release())?.[0] ?? 'unknown';
}

export function atLeast(goal: string, wanted: number, measured: number): Goal {
  return { goal, wanted: `>= ${wanted}`, measured: rounded(measured), held: measured >= wanted };
}

export function atMost(goal: string, wanted: number, measured: number): Goal {
  return { goal, wanted: `<= ${wanted}`, measured: rounded(measured), held: measured <= wanted };
}

/** A figure that nobody has set a goal for yet. */
export function reported(goal: string, measured: number): Goal {
  return { goal, wanted: null, measured: rounded(measured), held: null };
}

/** Three significant digits, and whole numbers from 100 on: noise does not deserve more. */
export function rounded(figure: number): number {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}

/** The report for people. Holds what the JSON holds. */
export function printReport(report: Report): string {
  const { cpu, cores, node, kernel: version } = report.machine;
  const goals = report.goals.map(({ goal, wanted, measured, held }) => ({
    goal,
    wanted: wanted ?? '-',
    measured,
    held: held === null ? '-' : held ? 'yes' : styleText('red', 'no'),
  }));
  return [
    `${report.name}   ${cpu}, ${cores} cores, Node ${node}, Linux ${version}`,
    table(report.rows),
    table(goals),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Aligned columns in the order of the first row; numbers to the right. */
function table(rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => row[column] ?? '-'));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...cells.map((line) => width(line[at]))),
  );
  const isNumeric = columns.map((_, at) => cells.some((line) => typeof line[at] === 'number'));
  const print = (line: readonly (string | number)[]): string =>
    line
      .map((cell, at) => {
        const space = ' '.repeat((widths[at] ?? 0) - width(cell));
        return isNumeric[at] === true ? `${space}${cell}` : `${cell}${space}`;
      })
      .join('  ')
      .trimEnd();
  return rows.length === 0 ? '' : [print(columns), ...cells.map(print)].join('\n');
}

function width(cell: string | number | undefined): number {
  return stripVTControlCharacters(String(cell ?? '')).length;
}
