import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { probeFolder } from '../../src/files/probe.ts';
import type { SessionFolder } from '../../src/files/session-folder.ts';
import { codecCalled } from '../../src/perl/formats.ts';
import type { ProbeFinding } from '../../src/session/probe.ts';

const good = "$D = {'_SESSION_ID' => 'a'};;$D";

function probe(
  directory: string,
  more: Partial<SessionFolder> = {},
  codec = 'dumper',
): Promise<ProbeFinding[]> {
  const folder = {
    format: 'cgi-session',
    directory,
    fileName: null,
    lockDirectory: directory,
    ...more,
  } as const;
  return probeFolder(folder, codecCalled(codec));
}

function codes(findings: readonly ProbeFinding[], severity: ProbeFinding['severity']): string[] {
  return findings.filter((finding) => finding.severity === severity).map(({ code }) => code);
}

function messageOf(t: Test, findings: readonly ProbeFinding[], code: string): string {
  const found = findings.find((finding) => finding.code === code);
  t.ok(found, code);
  return found?.message ?? '';
}

t.test('a folder in which all is well, and nothing is changed in it', async (t) => {
  const directory = t.testdir({ cgisess_a: good, cgisess_b: good, 'other.txt': 'x' });
  const findings = await probe(directory);
  t.same(codes(findings, 'error'), []);
  t.same(codes(findings, 'warning'), []);
  t.same(codes(findings, 'ok'), ['perl', 'folder', 'sessions']);
  t.equal(messageOf(t, findings, 'sessions'), 'the newest 2 sessions can be read as dumper');
  t.same(readdirSync(directory).sort(), ['cgisess_a', 'cgisess_b', 'other.txt']);
});

t.test('no folder, or something else of its name', async (t) => {
  const directory = t.testdir({ file: 'x' });
  for (const name of ['nowhere', 'file']) {
    const findings = await probe(join(directory, name));
    t.same(codes(findings, 'error'), ['no-folder']);
  }
});

t.test('no perl', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => (process.env['PATH'] = path));
  process.env['PATH'] = '/nowhere';
  t.same(codes(await probe(t.testdir({ cgisess_a: good })), 'error'), ['no-perl']);
});

t.test('sessions in another format, and which', async (t) => {
  const directory = t.testdir({ cgisess_a: good, cgisess_b: '---\n_SESSION_ID: b\n' });
  const findings = await probe(directory);
  t.same(codes(findings, 'error'), ['session-other-format']);
  const message = messageOf(t, findings, 'session-other-format');
  t.match(
    message,
    /^1 of the newest 2 session files are written in another format \(yaml-\w+\), such as cgisess_b$/,
  );
});

t.test('files that no session can be read from', async (t) => {
  const directory = t.testdir({
    cgisess_a: good,
    cgisess_broken: 'nonsense',
    cgisess_new: '',
    cgisess_empty: '',
  });
  utimesSync(join(directory, 'cgisess_empty'), 1_000, 1_000);
  symlinkSync('/etc/passwd', join(directory, 'cgisess_link'));
  mkdirSync(join(directory, 'cgisess_folder'));
  const findings = await probe(directory);
  t.same(codes(findings, 'error'), []);
  const found = ['session-broken', 'session-empty', 'session-link', 'session-no-file'];
  t.same(codes(findings, 'warning').sort(), found);
  t.match(messageOf(t, findings, 'session-empty'), /^1 of .* such as cgisess_empty$/);
});

t.test('the end of an older session behind the new one', async (t) => {
  const directory = t.testdir({ cgisess_a: "{_SESSION_ID => 'a'}b',cart => 'apple'}" });
  const findings = await probe(directory, {}, 'dumper-3');
  t.same(codes(findings, 'warning'), ['session-trailing-garbage']);
});

t.test('names of CGI::Session 2, and no name that fits', async (t) => {
  const directory = t.testdir({
    'CGI-Session-a.dat': "$data = {'_session_id' => 'a'};",
    'CGI-Session-a.lck': '',
  });
  t.same(codes(await probe(directory, {}, 'dumper-2'), 'warning'), ['old-names', 'no-sessions']);
  const findings = await probe(directory, { fileName: 'CGI-Session-%s.dat' }, 'dumper-2');
  t.same(codes(findings, 'warning'), []);
  t.equal(messageOf(t, findings, 'sessions'), 'the newest 1 sessions can be read as dumper-2');
});

t.test('Apache::Session needs its lock folder', async (t) => {
  const directory = t.testdir();
  const lockDirectory = join(directory, 'nowhere');
  const findings = await probe(directory, { format: 'apache-session', lockDirectory }, 'storable');
  t.same(codes(findings, 'error'), ['no-lock-folder']);
  const well = await probe(directory, { format: 'apache-session' }, 'storable');
  t.ok(codes(well, 'ok').includes('lock-folder'));
});

t.test('only the newest sessions are read', async (t) => {
  const directory = t.testdir();
  for (let at = 0; at < 60; at++) {
    const path = join(directory, `cgisess_${at}`);
    writeFileSync(path, at < 10 ? 'nonsense' : good);
    utimesSync(path, 1_000_000 + at, 1_000_000 + at);
  }
  const findings = await probe(directory);
  t.same(codes(findings, 'warning'), []);
  t.equal(messageOf(t, findings, 'sessions'), 'the newest 50 sessions can be read as dumper');
});

t.test(
  'files of another user',
  { skip: process.getuid?.() !== 0 && 'only root gives files away' },
  async (t) => {
    const directory = t.testdir({ cgisess_a: good });
    chownSync(join(directory, 'cgisess_a'), 33, 33);
    t.same(codes(await probe(directory), 'error'), ['session-foreign']);
    const umask = process.umask(0o007);
    t.teardown(() => process.umask(umask));
    t.same(codes(await probe(directory), 'error'), ['session-foreign'], 'our group is not theirs');
    chownSync(directory, 0, 33);
    chmodSync(directory, 0o2770);
    t.same(codes(await probe(directory), 'error'), [], 'what is made in this folder is theirs too');
  },
);

t.test(
  'what we may not use',
  { skip: process.getuid?.() !== 0 && 'only root becomes another' },
  async (t) => {
    const directory = t.testdir({ cgisess_a: good, cgisess_b: good, cgisess_c: good });
    chmodSync(join(directory, 'cgisess_a'), 0o600);
    chmodSync(join(directory, 'cgisess_b'), 0o644);
    chmodSync(join(directory, 'cgisess_c'), 0o666);
    chmodSync(directory, 0o755);
    const some = probeAsNobody(directory);
    t.same(codes(some, 'error').sort(), ['read-only-folder', 'session-unreadable', 'session-unwritable']);
    chmodSync(directory, 0o711);
    t.same(codes(probeAsNobody(directory), 'error'), ['unreadable-folder']);
  },
);

/** What a process finds that is not root; it stands in the folder, for what is above it may be closed to others. */
function probeAsNobody(directory: string): ProbeFinding[] {
  const program = `
    const { probeFolder } = await import(${JSON.stringify(import.meta.resolve('../../src/files/probe.ts'))});
    const { codecCalled } = await import(${JSON.stringify(import.meta.resolve('../../src/perl/formats.ts'))});
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    const folder = { format: 'cgi-session', directory: '.', fileName: null, lockDirectory: '.' };
    process.stdout.write(JSON.stringify(await probeFolder(folder, codecCalled('dumper'))));`;
  const options = { cwd: directory, encoding: 'utf8' } as const;
  const node = spawnSync(process.execPath, ['--input-type=module', '-e', program], options);
  return JSON.parse(node.stdout) as ProbeFinding[];
}
