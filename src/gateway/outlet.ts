import type { ServerResponse } from 'node:http';
import type { Clock } from '../exchange/clock.ts';
import type { Outlet } from '../exchange/outlet.ts';
import { aheadBytes, Backlog } from './backlog.ts';
import { bodyPassed } from './sweep.ts';

/** What it takes to send answers to slow clients. */
export interface OutletParts {
  readonly clock: Clock;
  /** How much of one answer may wait in a file; 0 where none may. */
  readonly mostSpooledBytes: () => number;
  /** Told, when its file is not needed any more, how much of an answer has waited in one. */
  readonly spooled: (bytes: number) => void;
  /** Told, once for an answer, why no more of it can wait in a file. */
  readonly notSpooled: (reason: unknown) => void;
}

/** Makes the outlet of one answer, whose head has been written. `resume` lets its side go on. */
export type OutletTo = (response: ServerResponse, resume: () => void) => Outlet;

/**
 * Makes outlets. Everything goes straight to a client that keeps up; what one that does not cannot take yet waits in
 * memory, then in a file, and only then the side is held back.
 */
export function outletsWith(parts: OutletParts): OutletTo {
  return (response, resume) => new ClientOutlet(response, resume, parts);
}

class ClientOutlet implements Outlet {
  readonly #response: ServerResponse;
  readonly #resume: () => void;
  readonly #parts: OutletParts;
  /** Made for a client that does not keep up, and kept until the answer is over. */
  #backlog: Backlog | null = null;

  constructor(response: ServerResponse, resume: () => void, parts: OutletParts) {
    this.#response = response;
    this.#resume = resume;
    this.#parts = parts;
  }

  write(chunk: Buffer): boolean {
    bodyPassed(chunk.length);
    if (this.#backlog !== null) return this.#backlog.write(chunk);
    if (this.#response.destroyed) return true;
    this.#response.write(chunk);
    if (this.#response.writableLength <= aheadBytes) return true;
    this.#backlog = new Backlog(this.#response, this.#resume, this.#parts);
    return !this.#backlog.mustWait();
  }

  end(done: () => void): void {
    if (this.#backlog !== null) return this.#backlog.end(done);
    this.#response.end();
    done();
  }
}
