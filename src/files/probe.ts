import { execFile } from 'node:child_process';
import { access, constants, lstat, opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type { SessionCodec } from '../session/codec.ts';
import { doubtful, well, wrong, type ProbeFinding } from '../session/probe.ts';
import { probeFiles, type SessionFile } from './probe-files.ts';
import { codeOf } from './session-file.ts';
import { patternOf, type SessionFolder } from './session-folder.ts';

/** More files than this make every look for one slow, and backups fail. */
const manyFiles = 100_000;
/** So many files are asked for their age; where there are more, these are spread over all. */
const mostAsked = 5_000;
/** The newest files, which are read: what is written now is what matters. */
const sampleSize = 50;
/** What is made in a folder with this bit belongs to the group of the folder. */
const setGroupId = 0o2000;
/** statfs(2): NFS_SUPER_MAGIC. */
const nfs = 0x6969;

/** Looks at a folder of sessions before traffic does. Never rejects, and changes nothing. */
export async function probeFolder(folder: SessionFolder, codec: SessionCodec): Promise<ProbeFinding[]> {
  const findings = [await probePerl()];
  try {
    if (await probeAccess(folder, findings)) await probeContent(folder, codec, findings);
  } catch (thrown) {
    const message = `the session folder could not be looked at to the end: ${codeOf(thrown)}`;
    findings.push(doubtful('not-seen', message, null));
  }
  return findings;
}

async function probeContent(
  folder: SessionFolder,
  codec: SessionCodec,
  findings: ProbeFinding[],
): Promise<void> {
  if (folder.format === 'apache-session') findings.push(await probeLocks(folder.lockDirectory));
  const names = await namesIn(folder.directory);
  const sessions = names.filter(matcher(patternOf(folder)));
  findings.push(...probeNames(folder, names, sessions));
  const { mode, gid } = await stat(folder.directory);
  const ourGroup = (mode & setGroupId) === 0 ? (process.getegid?.() ?? 0) : gid;
  findings.push(...(await probeFiles(await newest(folder.directory, sessions), codec, ourGroup)));
}

async function probePerl(): Promise<ProbeFinding> {
  try {
    await promisify(execFile)('perl', ['-MFcntl', '-MPOSIX', '-e', '1'], { cwd: '/' });
  } catch {
    const message = 'there is no perl that can be started, and with it no lock for sessions in files';
    return wrong('no-perl', message, 'install perl, or put it into the PATH of banyan');
  }
  const isKnown = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  if (isKnown) return well('perl', 'perl can be started');
  return wrong('no-locks', 'locks of sessions in files need Linux on x86-64 or arm64', null);
}

/** Whether it makes sense to look into the folder. */
async function probeAccess({ directory }: SessionFolder, findings: ProbeFinding[]): Promise<boolean> {
  const code = await stat(directory).then((found) => (found.isDirectory() ? '' : 'ENOTDIR'), codeOf);
  if (code !== '') {
    const help = 'write the Directory that the scripts give to their session module';
    findings.push(wrong('no-folder', `the session folder ${directory} cannot be entered: ${code}`, help));
    return false;
  }
  const may = (mode: number): Promise<boolean> =>
    access(directory, mode).then(
      () => true,
      () => false,
    );
  const help = 'let banyan run as the user that the scripts run as, or in its group';
  if (!(await may(constants.R_OK | constants.X_OK))) {
    findings.push(wrong('unreadable-folder', `the session folder ${directory} cannot be read`, help));
    return false;
  }
  if (await may(constants.W_OK))
    findings.push(well('folder', `the session folder ${directory} is ours to use`));
  else
    findings.push(wrong('read-only-folder', `nothing can be made in the session folder ${directory}`, help));
  if ((await statfs(directory)).type === nfs) {
    const message = 'the session folder is on NFS: gateways on two machines may not see each other';
    findings.push(doubtful('nfs', message, 'keep gateways of the same sessions on one machine'));
  }
  return true;
}

async function probeLocks(lockDirectory: string): Promise<ProbeFinding> {
  const found = await stat(lockDirectory).catch(() => null);
  if (found?.isDirectory() === true) return well('lock-folder', `the lock folder ${lockDirectory} is there`);
  const help = 'write the LockDirectory of the scripts as ?locks=… of the session store';
  return wrong('no-lock-folder', `there is no lock folder ${lockDirectory}`, help);
}

function probeNames(
  folder: SessionFolder,
  names: readonly string[],
  sessions: readonly string[],
): ProbeFinding[] {
  const findings: ProbeFinding[] = [];
  if (names.length > manyFiles) {
    const message = `there are ${names.length} files in the session folder`;
    const help = 'remove expired sessions now and then, such as with find -mtime +30 -delete';
    findings.push(doubtful('many-files', message, help));
  }
  const oldest = names.filter((name) => /^CGI-Session-.*\.(?:dat|lck)$/.test(name)).length;
  if (oldest > 0 && !patternOf(folder).startsWith('CGI-Session-')) {
    const message = `${oldest} files have the names of CGI::Session 2, which are not looked at`;
    findings.push(doubtful('old-names', message, 'if they are in use write ?name=CGI-Session-%s.dat'));
  }
  if (sessions.length > 0) return findings;
  const message = `no file in the folder has a name like ${patternOf(folder)}`;
  const help = 'look at the Directory and $CGI::Session::Driver::file::FileName of the scripts';
  return [...findings, doubtful('no-sessions', message, help)];
}

async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(directory)) names.push(entry.name);
  return names;
}

function matcher(pattern: string): (name: string) => boolean {
  const [before = '', after = ''] = pattern.split('%s');
  const least = before.length + after.length;
  return (name) =>
    name.length > least && name.startsWith(before) && name.endsWith(after) && !name.startsWith('.');
}

async function newest(directory: string, names: readonly string[]): Promise<SessionFile[]> {
  const step = Math.max(1, Math.ceil(names.length / mostAsked));
  const files: SessionFile[] = [];
  for (const name of names.filter((_, at) => at % step === 0)) {
    const path = join(directory, name);
    const found = await lstat(path).catch(() => null); // gone again
    if (found !== null) files.push({ name, path, stat: found });
  }
  return files.sort((one, other) => other.stat.mtimeMs - one.stat.mtimeMs).slice(0, sampleSize);
}
