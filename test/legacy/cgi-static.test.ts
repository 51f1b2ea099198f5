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
  const ask = (path: string, range: string) => statusOf('GET', path, ['Range', range], site);
  t.equal(await ask('/ten.txt', 'bytes=0-4'), 206);
  t.equal(await ask('/ten.txt', 'bytes=20-'), 416);
  t.equal(await ask('/ten.txt', 'bytes= 0-4'), 200, 'a blank makes it none');
  t.equal(await ask('/empty.txt', 'bytes=0-4'), 200, 'of nothing there is no part');
});

t.test(
  'a condition that a page does not meet is a 304 for who looks at it, and a 412 for who posts to it',
  async (t) => {
    const documentRoot = t.testdir({ 'ten.txt': '0123456789' });
    const site = { documentRoot } as CgiSite;
    const ask = (method: string, ...headers: string[]) => statusOf(method, '/ten.txt', headers, site);
    const now = new Date().toUTCString();
    t.equal(await ask('GET', 'If-None-Match', '*'), 304);
    t.equal(await ask('POST', 'If-None-Match', '*'), 412);
    t.equal(await ask('GET', 'If-Modified-Since', now), 304);
    t.equal(await ask('POST', 'If-Modified-Since', now), 200);
  },
);

async function statusOf(method: string, path: string, headers: string[], site: CgiSite): Promise<number> {
  const parts = { site, index: [], charset: null };
  const answer = await staticAnswer(method, normalisePath(path), headers, parts);
  answer.body?.destroy();
  return answer.status;
}
