import process from 'node:process';
import { systemClock } from '../../src/exchange/clock.ts';
import { FileLock } from '../../src/files/file-lock.ts';
import { Locker } from '../../src/files/locker.ts';

// Takes the turns of some sessions of a folder, says so, and keeps them until it is killed.
const [directory = '', ...ids] = process.argv.slice(2);
const lock = new FileLock({ locker: new Locker({ directory, clock: systemClock }), onLost: () => undefined });
for (const id of ids) await lock.acquire(id, 60_000, new AbortController().signal);
process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
