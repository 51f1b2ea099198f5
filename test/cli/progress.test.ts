import t from 'tap';
import { Progress } from '../../src/cli/progress.ts';
import { fakeClock } from '../helpers/clock.ts';

function progressOn(isTerminal: boolean) {
  const clock = fakeClock();
  const said: string[] = [];
  const progress = new Progress({ isTerminal, nowMs: () => clock.nowMs(), write: (text) => said.push(text) });
  return { progress, clock, said };
}

t.test('on a terminal one line is drawn again ten times a second, and taken away at the end', (t) => {
  const { progress, clock, said } = progressOn(true);
  progress.at(() => 'too early');
  clock.advance(100);
  progress.at(() => '10%');
  progress.at(() => 'too early again');
  clock.advance(100);
  progress.at(() => '20%');
  progress.end();
  progress.end();
  t.same(said, ['\r\x1b[K10%', '\r\x1b[K20%', '\r\x1b[K']);
  t.end();
});

t.test('elsewhere there is a line every ten seconds, and nothing for what is quicker', (t) => {
  const { progress, clock, said } = progressOn(false);
  for (let second = 1; second <= 25; second++) {
    clock.advance(1000);
    progress.at(() => `${second} s`);
  }
  progress.end();
  t.same(said, ['10 s\n', '20 s\n']);
  t.end();
});
