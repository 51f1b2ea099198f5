// A gateway in a process of its own, for a test to kill: takes the turns named in its arguments and says so.
import { systemClock } from '../../src/exchange/clock.ts';
import { LockTable } from '../../src/mysql/lock-table.ts';

const [options = '', scope = '', ...ids] = process.argv.slice(2);
const lock = new LockTable({
  options: JSON.parse(options) as object,
  scope,
  clock: systemClock,
  random: Math.random,
  onLost: () => undefined,
});
const held = await Promise.all(ids.map((id) => lock.acquire(id, 0, new AbortController().signal)));
process.stdout.write(`${JSON.stringify(held.map((each) => each?.fence))}\n`);
setInterval(() => undefined, 60_000);
