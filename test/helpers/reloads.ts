import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  makeReloads,
  type Offered,
  type Refusal,
  type Reloads,
  type Taken,
} from '../../src/config/reload.ts';
import { readSettings } from '../../src/config/read.ts';
import { watchSettings } from '../../src/config/watch.ts';
import { fakeClock } from './clock.ts';
import { diskWith, settingsOf } from './settings.ts';

const strictly = { mustBeComplete: true, mustRun: true, disk: diskWith() };

/** A routes.yaml on the disk and who watches it, read in this thread, in a time of its own. */
export interface WatchedRoutes {
  readonly reloads: Reloads;
  readonly file: string;
  /** What became of the texts, in order. */
  readonly offered: Offered[];
  readonly refusals: Refusal[];
  readonly taken: Taken[];
  /** How often the file was found to be again what runs. */
  restored: number;
  /** Writes the file in place, lets it be looked at, and gives what became of it. */
  write(bytes: string | Uint8Array): Promise<Offered | 'nothing new'>;
  /** Lets it settle for as long as a text is waited for, and gives what became of it. */
  settle(): Promise<Offered | 'nothing new'>;
  /** As SIGHUP does. */
  ask(): Promise<Offered | 'nothing new'>;
}

/** A gateway's way with its routes.yaml, from the file to the table that serves, without the gateway. */
export function watchRoutes(t: Test, text: string, isKnown = false): WatchedRoutes {
  const file = join(t.testdir({ 'routes.yaml': text }), 'routes.yaml');
  const clock = fakeClock();
  const offered: Offered[] = [];
  const refusals: Refusal[] = [];
  const taken: Taken[] = [];
  const reloads = makeReloads(settingsOf(text, strictly), null, {
    clock,
    read: async (next, revision) => ({
      ...readSettings('routes.yaml', next, {}, revision, strictly),
      rev: null,
    }),
    isKnown: async () => isKnown,
    prepare: async () => undefined,
    onTaken: async (each) => void taken.push(each),
    onRefused: (each) => void refusals.push(each),
    onRestored: () => void watched.restored++,
  });
  const watcher = watchSettings({
    file,
    clock,
    lastText: text,
    onChange: async (next, occasion) => {
      const became = await reloads.offer(next, occasion);
      offered.push(became);
      return became;
    },
    onProblem: (error) => {
      offered.push('refused');
      t.match(error.message, /UTF-8/, 'the only thing that is wrong with a file here before it is read');
    },
  });
  t.teardown(() => watcher.close());
  const after = async (step: () => Promise<void>): Promise<Offered | 'nothing new'> => {
    const before = offered.length;
    await step();
    return offered.length === before ? 'nothing new' : (offered.at(-1) as Offered);
  };
  const watched: WatchedRoutes = {
    reloads,
    file,
    offered,
    refusals,
    taken,
    restored: 0,
    write: (bytes) =>
      after(async () => {
        writeFileSync(file, bytes);
        await watcher.check();
      }),
    settle: () =>
      after(async () => {
        clock.advance(2_000);
        await watcher.check();
      }),
    ask: () => after(() => watcher.check('asked')),
  };
  return watched;
}
