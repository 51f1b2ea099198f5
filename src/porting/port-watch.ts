import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../exchange/clock.ts';
import { fileState } from './file-state.ts';

/** Files change without a notice, too: on network file systems, and where the link to a whole release is swapped. */
const lookMs = 2_000;
/** A file that is the same twice in this time is written to the end; one that is not is looked at again. */
const settleMs = 40;

/** Watches the files that running hosts have read. */
export class PortWatch {
  /** What each file was like at the last attempt to read it. */
  readonly #known = new Map<string, string>();
  readonly #folders = new Map<string, FSWatcher | null>();
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #before = '';
  #callOff: () => void = () => undefined;
  #isSettling = false;
  #isClosed = false;

  /** `onChange` is called when there is something new to read, once for each state of the files. */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#later();
  }

  /** Files that were read, each with what it was like then. What is known of a file already stays. */
  add(files: Iterable<readonly [file: string, state: string]>): void {
    if (this.#isClosed) return;
    for (const [file, state] of files) {
      if (this.#known.has(file)) continue;
      this.#known.set(file, state);
      this.#watchFolder(dirname(file));
    }
  }

  /** All files are about to be read again. */
  reading(): void {
    for (const file of this.#known.keys()) this.#known.set(file, fileState(file));
  }

  close(): void {
    this.#isClosed = true;
    this.#callOff();
    for (const watcher of this.#folders.values()) watcher?.close();
  }

  #watchFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    this.#folders.set(folder, null);
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle());
      watcher.on('error', () => undefined);
      this.#folders.set(folder, watcher);
    } catch {
      // The look every two seconds finds it.
    }
  }

  #later(): void {
    this.#callOff = this.#clock.after(lookMs, () => {
      if (this.#changes() !== '') this.#settle();
      this.#later();
    });
  }

  #settle(): void {
    if (this.#isSettling || this.#isClosed) return;
    this.#isSettling = true;
    this.#before = this.#changes();
    this.#clock.after(settleMs, () => {
      this.#isSettling = false;
      const changes = this.#changes();
      if (changes === '' || this.#isClosed) return;
      if (changes === this.#before) this.#onChange();
      else this.#settle();
    });
  }

  /** What is not as it was, as one text; empty where everything is. */
  #changes(): string {
    const lines: string[] = [];
    for (const [file, state] of this.#known) {
      const now = fileState(file);
      if (now !== state) lines.push(`${file} ${now}`);
    }
    return lines.join('\n');
  }
}
