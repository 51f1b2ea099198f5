import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

// Imported into a gateway under test with --import: at each SIGUSR2 it writes down the longest pause since the one before.

const file = process.env['BENCH_PAUSE_FILE'] ?? '';
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let count = 0;
process.on('SIGUSR2', () => {
  writeFileSync(file, JSON.stringify({ count: ++count, longestMs: delay.max / 1e6 }));
  delay.reset();
});
