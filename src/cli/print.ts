/** Writes data to stdout. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Writes one JSON document to stdout; `schema` counts breaking changes of its shape. */
export function printJson(document: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ schema: 1, ...document }, null, 2)}\n`);
}

/** Rows as columns that are as wide as their widest cell, two blanks apart, nothing after the last one. */
export function columns(rows: readonly (readonly string[])[]): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
