import { spawn, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { readlinkSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commit, type Proposal } from '../../src/config/commit.ts';
import { ChangedMeanwhile, replaceFile } from '../../src/config/write.ts';

const author = { verb: 'flip', who: 'me', why: null };
const to = (text: string): Proposal => ({ ...author, text });
const fileIn = (t: Test, text = 'old é\n'): string => join(t.testdir({ 'routes.yaml': text }), 'routes.yaml');
const textOf = (file: string): Promise<string> => readFile(file, 'utf8');
const isRoot = process.getuid?.() === 0;

t.test('the new text is there, with its journal, and nothing else is left in the folder', async (t) => {
  const file = fileIn(t);
  await commit(file, () => to('new é\n'));
  t.equal(await textOf(file), 'new é\n');
  t.same((await readdir(join(file, '..'))).toSorted(), ['.routes.yaml.journal', 'routes.yaml']);
});

t.test(
  'it is a new file, so that a reader never sees half of it, with mode and owner of the old one',
  async (t) => {
    const file = fileIn(t);
    await chmod(file, 0o640);
    if (isRoot) await chown(file, 65_534, 65_534);
    const before = await stat(file);
    await commit(file, () => to('new\n'));
    const [after, journal] = await Promise.all([stat(file), stat(join(file, '../.routes.yaml.journal'))]);
    for (const made of [after, journal])
      t.same([made.mode & 0o7777, made.uid, made.gid], [0o640, before.uid, before.gid]);
    t.not(after.ino, before.ino);
  },
);

t.test('a file that is closed to others closes its journal with the next change', async (t) => {
  const file = fileIn(t);
  await commit(file, () => to('mysql://u@h\n'));
  await chmod(file, 0o600);
  await commit(file, () => to('mysql://u:secret@h\n'));
  t.equal((await stat(join(file, '../.routes.yaml.journal'))).mode & 0o7777, 0o600);
});

t.test('a symlink stays a symlink, and the journal is beside the file itself', async (t) => {
  const folder = t.testdir({ real: { 'routes.yaml': 'old\n' } });
  await mkdir(join(folder, 'etc'));
  const link = join(folder, 'etc', 'routes.yaml');
  await symlink('../real/routes.yaml', link);
  await commit(link, () => to('new\n'));
  t.ok((await lstat(link)).isSymbolicLink());
  t.equal(await textOf(join(folder, 'real', 'routes.yaml')), 'new\n');
  t.ok((await readdir(join(folder, 'real'))).includes('.routes.yaml.journal'));
});

t.test('a link in the place of the journal is not followed', async (t) => {
  const file = fileIn(t);
  await writeFile(join(file, '../shadow'), 'root:x\n');
  await symlink('shadow', join(file, '../.routes.yaml.journal'));
  await t.rejects(
    commit(file, () => to('new\n')),
    /journal is a symlink; the old file is as it was/,
  );
  t.equal(await textOf(join(file, '../shadow')), 'root:x\n');
  t.equal(await textOf(file), 'old é\n');
});

t.test('of many who change a file at once none undoes the other', async (t) => {
  const file = fileIn(t, '0\n');
  await Promise.all(
    Array.from({ length: 20 }, () => commit(file, ({ text }) => to(`${Number(text) + 1}\n`))),
  );
  t.equal(await textOf(file), '20\n');
});

t.test('an editor that changes the file meanwhile makes us begin again', async (t) => {
  const file = fileIn(t, 'a\n');
  let looks = 0;
  await commit(file, ({ text }) => {
    if (++looks === 1) writeFileSync(file, 'theirs\n');
    return to(`${text}ours\n`);
  });
  t.equal(await textOf(file), 'theirs\nours\n');
});

t.test('an editor that changes it again and again is not raced for ever', async (t) => {
  const file = fileIn(t);
  let looks = 0;
  const racing = commit(file, () => {
    writeFileSync(file, `theirs ${++looks}\n`);
    return to('ours\n');
  });
  await t.rejects(racing, ChangedMeanwhile);
  t.equal(looks, 5);
  t.equal(await textOf(file), 'theirs 5\n');
  t.same(await readdir(join(file, '..')), ['routes.yaml']);
});

t.test('a change that comes with the last breath is noticed too, and the journal is as before', async (t) => {
  const file = fileIn(t, 'old\n');
  let recorded = 0;
  const replacing = replaceFile({
    file,
    real: file,
    expected: 'old\n',
    text: 'new\n',
    record: async () => {
      recorded++;
      await writeFile(file, 'theirs\n');
      return async () => void recorded--;
    },
    mayStill: async () => true,
  });
  await t.rejects(replacing, ChangedMeanwhile);
  t.equal(recorded, 0, 'what was recorded is taken back');
  t.same(await readdir(join(file, '..')), ['routes.yaml']);
});

const lockOf = (file: string): string => join(file, '../.routes.yaml.lock');
const container = readlinkSync('/proc/self/ns/pid');
/** What the lock of a process says. */
const held = (pid: number, host = hostname()): string => `${pid} ${host}:${container} nonce`;

t.test('the lock', async (t) => {
  const retake = (path: string): void => {
    unlinkSync(path);
    symlinkSync(held(spawnSync('true').pid), path);
  };

  await t.test('of a process of this machine that is dead is taken at once', async (t) => {
    const file = fileIn(t);
    const dead = spawnSync('true').pid;
    await symlink(held(dead), lockOf(file));
    await commit(file, () => to('new\n'));
    t.equal(await textOf(file), 'new\n');
    t.notOk((await readdir(join(file, '..'))).some((name) => name.includes('.lock')));
  });

  await t.test('of one that lives is waited for', async (t) => {
    const file = fileIn(t);
    await symlink(held(process.pid), lockOf(file));
    let isFree = false;
    const writing = commit(file, () => {
      t.ok(isFree, 'nothing is read before');
      return to('new\n');
    });
    await new Promise((resolve) => setImmediate(resolve));
    isFree = true;
    await rename(lockOf(file), `${lockOf(file)}.gone`);
    await writing;
    t.equal(await textOf(file), 'new\n');
  });

  await t.test('is not waited for without end: it is said who has it', async (t) => {
    const file = fileIn(t);
    await symlink(held(1, 'elsewhere'), lockOf(file));
    await t.rejects(
      commit(file, () => to('new\n')),
      /another change is being written at this moment \(process 1 on elsewhere, .*\.routes\.yaml\.lock\)/,
    );
    t.equal(await textOf(file), 'old é\n');
  });

  await t.test('of another machine is taken once it is old', async (t) => {
    const file = fileIn(t);
    await symlink(held(1, 'elsewhere'), lockOf(file));
    const longAgo = new Date(Date.now() - 60_000);
    await lutimes(lockOf(file), longAgo, longAgo);
    await commit(file, () => to('new\n'));
    t.equal(await textOf(file), 'new\n');
  });

  await t.test('that was taken from us makes us begin again', async (t) => {
    const file = fileIn(t, 'a\n');
    let looks = 0;
    await commit(file, ({ text }) => {
      if (++looks === 1) retake(lockOf(file));
      return to(`${text}ours\n`);
    });
    t.equal(looks, 2);
    t.equal(await textOf(file), 'a\nours\n');
  });
});

t.test('a file that is not there is an error and makes none', async (t) => {
  const folder = t.testdir({});
  await t.rejects(
    commit(join(folder, 'routes.yaml'), () => to('new\n')),
    { code: 'ENOENT' },
  );
  t.same(await readdir(folder), []);
});

/** Runs a program of ours, or a shell line, on a small disk of its own at $1; null where that cannot be had. */
function onOwnDisk(t: Test, folder: string, line: string, program: string): string | null {
  const script = `mount -t tmpfs -o size=256k tmpfs "$1" && ${line}`;
  const args = [
    '-rm',
    'sh',
    '-c',
    script,
    'sh',
    folder,
    process.execPath,
    join(import.meta.dirname, program),
  ];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  if (stdout !== '' || !/unshare|mount|permission/i.test(stderr)) return stdout + stderr;
  t.comment(`no disk of our own: ${stderr}`);
  return null;
}

t.test('on a full disk the old file stays, and it is said', async (t) => {
  const said = onOwnDisk(t, t.testdir(), 'exec "$2" "$3" "$1"', 'full-disk.ts');
  if (said === null) return;
  const seen = JSON.parse(said) as { said: string; isOld: boolean; entries: number; names: string[] }[];
  const failed = seen.slice(0, -1);
  t.ok(failed.length > 5, 'the lock, the new file and the journal each had too little room once');
  for (const each of failed) {
    t.match(each, { said: /the disk is full; the old file is as it was$/, isOld: true, entries: 0 });
    t.same(each.names, ['routes.yaml']);
  }
  t.match(seen.at(-1), { said: 'written', isOld: false, entries: 2 });
});

const main = '../../src/cli/main.ts';

t.test('on a disk that is read-only the same', async (t) => {
  const routes = `printf 'legacy: http://127.0.0.1:1\\nroutes:\\n  /x: { to: port, port: x.ts }\\n' > "$1/routes.yaml"`;
  const line = `${routes} && touch "$1/x.ts" && mount -o remount,ro "$1" && "$2" "$3" flip /x legacy --file "$1/routes.yaml"; echo "exit $?"; ls -A "$1"; cat "$1/routes.yaml"`;
  const said = onOwnDisk(t, t.testdir(), line, main);
  if (said === null) return;
  t.match(said, /^exit 1\nroutes\.yaml\nx\.ts\nlegacy: .*\nroutes:\n {2}\/x: \{ to: port, port: x\.ts \}\n/);
  t.match(said, /was not written: the disk is read-only; the old file is as it was/);
});

t.test('in a folder that is not ours to write the same', { skip: !isRoot }, async (t) => {
  const file = fileIn(t, 'legacy: http://127.0.0.1:1\nroutes:\n  /x: retired\n');
  await chmod(file, 0o666);
  const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', ...mayRead];
  const program = [process.execPath, join(import.meta.dirname, main), 'flip', '/x', 'legacy', '--file', file];
  const refused = async (): Promise<void> => {
    const { status, stderr } = spawnSync('setpriv', [...nobody, ...program], { encoding: 'utf8' });
    t.match(
      stderr,
      /was not written: this user may not write \S+\.routes\.yaml\.lock\S*; the old file is as it was/,
    );
    t.equal(status, 1);
  };
  await refused();
  t.same(await readdir(join(file, '..')), ['routes.yaml']);
  await symlink(held(spawnSync('true').pid), lockOf(file));
  await refused(); // and it is not tried for ever to take the dead lock away
});

t.test(
  'whoever is killed while writing leaves the old file or the new one, and the next goes on',
  async (t) => {
    const file = fileIn(t, '0\n');
    const program = join(import.meta.dirname, 'count-up.ts');
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve)); // it has begun to count
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      const seen = await textOf(file);
      t.match(seen, /^\d+\n$/);
      await commit(file, ({ text }) => to(`${Number(text) + 1}\n`));
      t.equal(await textOf(file), `${Number(seen) + 1}\n`);
    }
  },
);
