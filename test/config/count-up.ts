import process from 'node:process';
import { commit } from '../../src/config/commit.ts';

// Counts up the number in a file, as often as it is told or until it is killed, and says each time what it wrote.
const [file = '', times = 'Infinity'] = process.argv.slice(2);
for (let done = 0; done < Number(times); done++) {
  const entry = await commit(file, ({ text }) => ({
    verb: 'flip',
    who: `process ${process.pid}`,
    why: null,
    text: `${Number(text) + 1}\n`,
  }));
  process.stdout.write(`${entry?.rev}\n`);
}
