import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { whoseFolder } from '../../src/files/owner.ts';

t.test('who runs as root is told whose the folder of the sessions is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-owner-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const own = process.geteuid?.() ?? 0;
  if (own === 0) {
    t.equal(await whoseFolder(folder, 0), null, 'root’s own');
    chmodSync(folder, 0o1777);
    t.match(await whoseFolder(folder, 0), /is everybody's/);
    chownSync(folder, 65_534, 65_534);
  }
  await t.rejects(whoseFolder(folder, 0), {
    name: 'RangeError',
    message: /belongs to user \d+: run it as the user/,
  });
  t.match(await whoseFolder(folder, 1000), /any user of this machine can hold up its turns/);
  chmodSync(folder, 0o770);
  t.equal(await whoseFolder(folder, 1000), null, 'another user cannot do what root can');
  t.equal(await whoseFolder(join(folder, 'missing'), 0), null, 'one that is missing is told elsewhere');
});
