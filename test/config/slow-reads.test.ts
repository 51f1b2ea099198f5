import t from 'tap';
import { nearest } from '../../src/routing/nearest.ts';
import { diskWith, read } from '../helpers/settings.ts';

// Each of these took a minute or more, some of them hours: the limit of the runner is the bound.
const head = 'base: /\nlegacy: http://a\n';
const numbers = Array.from({ length: 10_000 }, (_, number) => number);

t.test('brackets that never fit are refused, whatever the library says about each', async (t) => {
  t.match(read('{]'.repeat(10_000)).findings, [{ code: 'yaml' }]);
});

t.test('in 10,000 lines that cannot be read 100 are told, and the others counted', async (t) => {
  const { findings } = read('{]\n'.repeat(10_000));
  t.equal(findings.length, 101);
  t.match(findings.at(-1), { code: 'and-more', message: /^there are \d{4,} more errors$/ });
});

t.test('of 10,000 routes without a port only those that are told are given a suggestion', async (t) => {
  const disk = diskWith(...numbers.map((number) => `ports/abcd${number}x.ts`));
  let looks = 0;
  const counted = { ...disk, listDirectory: (path: string) => (looks++, disk.listDirectory(path)) };
  const routes = numbers.map((number) => `  qrst${number}.pl: port\n`).join('');
  t.equal(read(`${head}routes:\n${routes}`, { disk: counted }).findings.length, 101);
  t.equal(looks, 101);
});

t.test('100 upstreams are enough, so that a misspelt one is not held against 10,000', async (t) => {
  const upstreams = (count: number): string =>
    numbers
      .slice(0, count)
      .map((number) => `  abc${number}: http://a\n`)
      .join('');
  const routes = numbers.map((number) => `  r${number}: { to: legacy, upstream: zzz${number} }\n`).join('');
  const { findings } = read(`${head}upstreams:\n${upstreams(10_000)}routes:\n${routes}`);
  t.match(findings[0], { code: 'too-many', line: 104, message: '10000 upstreams are too many' });
  t.not(read(`${head}upstreams:\n${upstreams(100)}routes:\n  a: legacy\n`).settings, null);
});

t.test('a key of more than 1000 characters, and a base of more than 500, are refused', async (t) => {
  const ofLength = (key: number): string => `${head}routes:\n  /${'x'.repeat(key - 1)}: legacy\n`;
  t.not(read(ofLength(1000)).settings, null);
  t.match(read(ofLength(1001)).findings, [
    { code: 'bad-key', message: 'a key of 1001 characters is too long' },
  ]);
  const based = (base: number): string =>
    `base: /${'x'.repeat(base - 1)}\nlegacy: http://a\nroutes:\n  a: legacy\n`;
  t.not(read(based(500)).settings, null);
  t.match(read(based(501)).findings[0], { code: 'bad-path' });
});

t.test('nothing is near a very long word', async (t) => {
  t.equal(nearest('x'.repeat(1_000_000), ['x'.repeat(1_000_001)]), null);
  t.equal(nearest(`${'x'.repeat(199)}y`, ['x'.repeat(200)]), 'x'.repeat(200));
});
