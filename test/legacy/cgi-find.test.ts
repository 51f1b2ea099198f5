import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { normalisePath } from '../../src/exchange/path.ts';
import { ScriptFinder } from '../../src/legacy/cgi-find.ts';

const scratch = mkdtempSync(join(tmpdir(), 'banyan-find-test-'));
t.teardown(() => rmSync(scratch, { recursive: true }));
const scriptsFolder = join(scratch, 'cgi-bin');
mkdirSync(scriptsFolder);
const page = join(scriptsFolder, 'page.pl');
const write = (text: string): void => {
  writeFileSync(page, text);
  chmodSync(page, 0o755);
};

t.test('what is remembered of a script is true when it is asked for again', async (t) => {
  const finder = new ScriptFinder({
    scriptsAt: '/cgi-bin/',
    scriptsFolder,
    documentRoot: null,
    variables: {},
  });
  const find = () => finder.find(normalisePath('/cgi-bin/page.pl/more').decoded);
  write('#!/usr/bin/perl\n');
  const runnable = {
    kind: 'script',
    script: { file: page, pathInfo: '/more' },
    firstLine: '#!/usr/bin/perl',
  };
  t.match(await find(), runnable);
  t.match(await find(), runnable, 'and a second time');
  write('#!/usr/bin/python3\n');
  t.match(await find(), { kind: 'script', firstLine: '#!/usr/bin/python3' }, 'it is another program now');
  chmodSync(page, 0o644);
  t.match(await find(), { kind: 'refused', why: /cannot be run/ }, 'nobody may run it any more');
  chmodSync(page, 0o755);
  t.match(await find(), { kind: 'script' }, 'a refusal is not remembered');
  renameSync(page, join(scratch, 'page.pl'));
  symlinkSync(join(scratch, 'page.pl'), page);
  t.match(await find(), { kind: 'refused', why: /a link out of the folder/ });
  rmSync(page);
  t.match(await find(), { kind: 'none' });
});
