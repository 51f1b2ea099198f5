import { hasForm, readRequest, type RequestHead } from './form.ts';
import { Intake } from './intake.ts';
import { DeadlyForm } from './multipart.ts';

/** Finds a field in a form that comes in pieces. */
export interface FieldFinder {
  /** Takes the next piece; true when it needs no more. */
  push(chunk: Buffer): boolean;
  /** The first value of the field, one character a byte; null where none was found in what was pushed. */
  end(): string | null;
}

/** A value is read so far: whoever asks knows by then that it is none it wants. */
const longestValue = 1024;
/** As much as three escapes for each byte of the longest value and its name, and then some. */
const keptBytes = 10_240;

/**
 * How the body of a request is searched for a field of its form, as CGI.pm 4.55 reads it; null for a body that is no
 * form. It keeps little of a body, however long that is: of a multipart body that does not name its boundary it reads
 * nothing when the first line is longer than 10 kB.
 */
export function findField(head: RequestHead, name: string): FieldFinder | null {
  if (!hasForm(head)) return null;
  const intake = new Intake(keptBytes);
  const reader = readRequest(head, intake);
  let value: string | null = null;
  let isDone = false;

  /** Goes on in what is there, to the first value, or to where more is needed. */
  function read(): boolean {
    while (!isDone) {
      const { done, value: pair } = reader.next();
      if (done === true) isDone = true;
      else if (pair === null) return false;
      else if (pair[0] === name && pair[1] !== null) {
        value = pair[1].slice(0, longestValue);
        isDone = true;
      }
    }
    return true;
  }

  /** A form at which CGI.pm dies has no fields. */
  function readOn(): boolean {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof DeadlyForm)) throw thrown;
      return (isDone = true);
    }
  }

  return {
    push(chunk) {
      intake.push(chunk);
      return readOn();
    },
    end() {
      intake.complete();
      readOn();
      return value;
    },
  };
}
