import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { normalisePath } from '../../src/exchange/path.ts';
import type { CgiSite } from '../../src/legacy/cgi-environment.ts';
import { staticAnswer } from '../../src/legacy/cgi-static.ts';

t.test('a part of a file is given where Apache gives one', async (t) => {
  const documentRoot = t.testdir();
  writeFileSync(join(documentRoot, 'ten.txt'), '0123456789');
  writeFileSync(join(documentRoot, 'empty.txt'), '');
  const site = { documentRoot } as CgiSite;
  const ask = async (path: string, range: string): Promise<number> => {
    const parts = { site, index: [], charset: null };
    const answer = await staticAnswer('GET', normalisePath(path), ['Range', range], parts);
    answer.body?.destroy();
    return answer.status;
  };
  t.equal(await ask('/ten.txt', 'bytes=0-4'), 206);
  t.equal(await ask('/ten.txt', 'bytes=20-'), 416);
  t.equal(await ask('/ten.txt', 'bytes= 0-4'), 200, 'a blank makes it none');
  t.equal(await ask('/empty.txt', 'bytes=0-4'), 200, 'of nothing there is no part');
});
