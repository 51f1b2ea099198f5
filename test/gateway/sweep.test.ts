import t from 'tap';
import { bodyPassed } from '../../src/gateway/sweep.ts';

const pieceBytes = 65_536;
const pieces = 4_000;

/** Makes pieces of a body that nobody keeps, and gives back how many bytes of them were there at once. */
async function mostAtOnce(passed: (bytes: number) => void): Promise<number> {
  let most = 0;
  for (let n = 0; n < pieces; n++) {
    passed(Buffer.allocUnsafeSlow(pieceBytes).length);
    if (n % 16 === 0) await new Promise(setImmediate);
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  return most;
}

t.test('the memory of bodies that have passed is given back long before V8 would', async (t) => {
  const swept = await mostAtOnce(bodyPassed);
  const left = await mostAtOnce(() => undefined);
  t.ok(swept < 32e6, `${swept} bytes at once`);
  t.ok(left > 1.5 * swept, `and ${left} where V8 is left to itself`);
  t.notOk('gc' in globalThis, 'and ports and tests do not see V8’s gc');
});
