import type { DumperText } from './dumper-parse.ts';

/** How a text is laid out: Indent 0, 1 or 2 of Data::Dumper, and whether all strings are in double quotes. */
export interface Layout {
  readonly indent: 0 | 1 | 2;
  readonly useqq: boolean;
}

/** The layout of a text, judged by its first key; of a new one if there is none. */
export function layoutOf({ source, root }: DumperText): Layout {
  const afterBrace = source.slice(root.start + 1, root.end);
  const inner = afterBrace.slice(afterBrace.search(/\S/));
  const width = /^\n( *)/.exec(afterBrace)?.[1]?.length;
  const useqq = inner.startsWith('"') || /^\w+ => "/.test(inner);
  if (width === undefined) return { indent: inner === '}' ? 1 : 0, useqq: inner === '}' || useqq };
  const column = root.start - (source.lastIndexOf('\n', root.start) + 1);
  return { indent: width === column + 2 && column > 0 ? 2 : 1, useqq };
}

/** Breaks lines as Data::Dumper does. Fed with every piece in order, because Indent 2 goes by columns. */
export class LineBreaker {
  readonly #indent: 0 | 1 | 2;
  readonly #pads: number[] = [0];
  #column = 0;

  constructor(indent: 0 | 1 | 2) {
    this.#indent = indent;
  }

  /** Takes note of what was written. */
  written(piece: string): void {
    const lineEnd = piece.lastIndexOf('\n');
    this.#column = lineEnd < 0 ? this.#column + piece.length : piece.length - lineEnd - 1;
  }

  /** A bracket is about to open. */
  open(): void {
    const outer = this.#pads.at(-1) ?? 0;
    this.#pads.push(this.#indent === 2 ? this.#column + 2 : outer + 2);
  }

  /** What goes before the next part. */
  next(): string {
    return this.#indent === 0 ? '' : `\n${' '.repeat(this.#pads.at(-1) ?? 0)}`;
  }

  /** What goes before the closing bracket; nothing if there were no parts. */
  close(parts: number): string {
    const pad = this.#pads.pop() ?? 2;
    return this.#indent === 0 || parts === 0 ? '' : `\n${' '.repeat(pad - 2)}`;
  }
}
