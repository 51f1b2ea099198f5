import { Mark, type Intake } from './intake.ts';
import { headerFields } from './part-header.ts';

/** CGI.pm dies of this form, and a script that does not catch it with it. */
export class DeadlyForm extends Error {}

/** A part of a multipart body. */
export interface Part {
  readonly fields: ReadonlyMap<string, string>;
  readonly value: string;
}

/**
 * Reads the parts of a multipart body as CGI.pm 4.55 does, or Perl and we would see different forms in one: whatever
 * is odd in it is odd in the way of its CGI::MultipartBuffer, which looks 4 kB and a boundary ahead. Without a
 * boundary the first line is taken for it. Returns whether it came to the end, and not only to a header without a
 * field. Throws DeadlyForm.
 */
export function* readParts(boundary: string | null, intake: Intake): Generator<Part | null, boolean> {
  const buffer = new MultipartBuffer(boundary ?? (yield* firstLine(intake)), intake);
  if (boundary !== null) yield* buffer.readPreamble();
  if (yield* buffer.isOver()) throw new DeadlyForm();
  while (!(yield* buffer.isOver())) {
    const fields = headerFields((yield* buffer.readHeader()) ?? '');
    if (fields.size === 0) return false;
    yield { fields, value: yield* buffer.readValue() };
  }
  return true;
}

function* firstLine(intake: Intake): Generator<null, string> {
  const line = yield* intake.takeUpTo(new Mark('\r\n'));
  if (line.length === intake.keptBytes) throw new DeadlyForm(); // of us: it is too long to be looked for
  return line;
}

/** CGI::MultipartBuffer: the same steps in the same order, over a window on what has come. */
class MultipartBuffer {
  readonly #intake: Intake;
  readonly #boundary: Mark;
  readonly #headerEnd = new Mark('\r\n\r\n');
  /** How much it reads at once. */
  readonly #fillBytes: number;
  readonly #windowBytes: number;
  /** Whether the last boundary was passed: nothing behind it counts. */
  #isClosed = false;

  constructor(boundary: string, intake: Intake) {
    this.#intake = intake;
    this.#boundary = new Mark(boundary);
    this.#fillBytes = Math.max(4096, boundary.length);
    this.#windowBytes = this.#fillBytes + boundary.length + 2;
  }

  *isOver(): Generator<null, boolean> {
    const windowEnd = yield* this.#window();
    return this.#isClosed || windowEnd === this.#intake.at;
  }

  /** CGI.pm stops at a piece that Perl finds false, and then takes the boundary for the beginning of a header. */
  *readPreamble(): Generator<null, void> {
    for (;;) {
      const piece = yield* this.#readPiece();
      if (piece === null || piece === '' || piece === '0') return;
    }
  }

  /** Null where there is no end of a header. */
  *readHeader(): Generator<null, string | null> {
    const windowEnd = yield* this.#window();
    const end = this.#headerEnd.next(this.#intake);
    if (end + 4 <= windowEnd) return this.#intake.take(end + 4).slice(0, -2);
    if (windowEnd < this.#intake.end) throw new DeadlyForm(); // it goes on to read nothing, 2,000 times
    return null;
  }

  *readValue(): Generator<null, string> {
    const { keptBytes } = this.#intake;
    for (let kept = ''; ;) {
      const begin = this.#intake.at;
      const piece = yield* this.#readPiece();
      if (piece === null) return kept;
      if (this.#intake.at === begin) throw new DeadlyForm(); // the same
      kept += piece.slice(0, keptBytes - kept.length);
    }
  }

  /** The next piece of a value; null at a boundary, which is passed. */
  *#readPiece(): Generator<null, string | null> {
    const windowEnd = yield* this.#window();
    const intake = this.#intake;
    const boundaryBytes = this.#boundary.text.length;
    const found = this.#boundary.next(intake);
    const isInside = found + boundaryBytes <= windowEnd;
    if (!isInside && windowEnd === intake.end) throw new DeadlyForm();
    if (isInside && found === intake.at) {
      this.#passBoundary();
      return null;
    }
    if (isInside) return intake.take(found).slice(0, -2); // the line break is the boundary's
    const takenBytes = this.#fillBytes - (boundaryBytes + 1);
    if (takenBytes >= 0) return intake.take(intake.at + takenBytes);
    // Of a boundary this long it takes -1, which is Perl's all but one, and mistakes it for the place of the boundary.
    return intake.take(windowEnd - 1).slice(0, -2);
  }

  #passBoundary(): void {
    const intake = this.#intake;
    intake.take(intake.at + this.#boundary.text.length);
    this.#isClosed = intake.has('--', intake.at);
    if (!intake.has('\n', intake.at)) return;
    intake.take(intake.at + (intake.has('\n\r', intake.at) ? 2 : 1));
  }

  /** Where the window ends: it is filled where there is something to fill it with. */
  *#window(): Generator<null, number> {
    yield* this.#intake.ahead(this.#windowBytes);
    return Math.min(this.#intake.end, this.#intake.at + this.#windowBytes);
  }
}
