import { constants, type Stats } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import process from 'node:process';
import { recognise } from '../perl/formats.ts';
import type { SessionCodec } from '../session/codec.ts';
import { doubtful, well, wrong, type ProbeFinding } from '../session/probe.ts';

/** A file of a session. */
export interface SessionFile {
  readonly name: string;
  readonly path: string;
  readonly stat: Stats;
}

/** So long a file may be empty: Perl makes it and writes it a moment later. */
const emptyForMs = 10_000;
/** So many places are tried as the end of a session with something behind it. */
const mostEnds = 50;
const longestReadBytes = 8 * 1024 * 1024;

/** What can be wrong with a file of a session. */
type Trouble =
  | 'link'
  | 'no-file'
  | 'unreadable'
  | 'unwritable'
  | 'empty'
  | 'trailing-garbage'
  | 'other-format'
  | 'broken'
  | 'foreign';

/** What there is to say about each trouble: how bad, what of so many files, and what to do. */
const sayings: Record<Trouble, { bad: boolean; what: string; help: string | null }> = {
  link: {
    bad: false,
    what: 'are symbolic links, which are not followed',
    help: 'remove them, as CGI::Session does',
  },
  'no-file': { bad: false, what: 'are no plain files', help: null },
  unreadable: { bad: true, what: 'cannot be read by us', help: 'let banyan run as the user of the scripts' },
  unwritable: {
    bad: true,
    what: 'cannot be written by us',
    help: 'let banyan run as the user of the scripts',
  },
  empty: { bad: false, what: 'are empty: a script died, or the disk was full', help: 'remove them' },
  'trailing-garbage': {
    bad: false,
    what: 'have the end of an older session behind their own: CGI::Session 3.0 did not cut them',
    help: 'their visitors have no session in Perl either',
  },
  'other-format': { bad: true, what: 'are written in another format', help: 'change session.serializer' },
  broken: { bad: false, what: 'cannot be read in any format', help: null },
  foreign: {
    bad: true,
    what: 'belong to a user who could not read a file of ours',
    help: 'let banyan run as that user, or in its group and with umask 007',
  },
};

/** Says what is wrong with a sample of session files, each trouble once. `ourGroup` is what a file of ours belongs to. */
export async function probeFiles(
  files: readonly SessionFile[],
  codec: SessionCodec,
  ourGroup: number,
): Promise<ProbeFinding[]> {
  const found = new Map<Trouble, string[]>();
  let formats = new Set<string>();
  for (const file of files) {
    const { trouble, format } = await lookAt(file, codec, ourGroup);
    if (trouble !== null) found.set(trouble, [...(found.get(trouble) ?? []), file.name]);
    if (format !== null) formats = formats.add(format);
  }
  const findings = [...found].map(([trouble, names]) => say(trouble, names, files.length, [...formats]));
  if (files.length === 0 || findings.length > 0) return findings;
  return [well('sessions', `the newest ${files.length} sessions can be read as ${codec.name}`)];
}

function say(
  trouble: Trouble,
  names: readonly string[],
  all: number,
  formats: readonly string[],
): ProbeFinding {
  const { bad, what, help } = sayings[trouble];
  const like = trouble === 'other-format' ? ` (${formats.join(', ')})` : '';
  const message = `${names.length} of the newest ${all} session files ${what}${like}, such as ${names[0]}`;
  return (bad ? wrong : doubtful)(`session-${trouble}`, message, help);
}

async function lookAt(
  { path, stat }: SessionFile,
  codec: SessionCodec,
  ourGroup: number,
): Promise<{ trouble: Trouble | null; format: string | null }> {
  const only = (trouble: Trouble | null): { trouble: Trouble | null; format: null } => ({
    trouble,
    format: null,
  });
  if (stat.isSymbolicLink()) return only('link');
  if (!stat.isFile()) return only('no-file');
  if (!(await may(path, constants.R_OK))) return only('unreadable');
  if (!(await may(path, constants.W_OK))) return only('unwritable');
  if (stat.size === 0) return only(Date.now() - stat.mtimeMs > emptyForMs ? 'empty' : null);
  if (stat.size > longestReadBytes) return only(null);
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return only(null); // it has gone since
  if (canRead(codec, bytes)) return only(isForeign(stat, ourGroup) ? 'foreign' : null);
  if (hasGarbage(codec, bytes)) return only('trailing-garbage');
  try {
    const like = recognise(bytes);
    if (like.name !== codec.name && canRead(like, bytes))
      return { trouble: 'other-format', format: like.name };
  } catch {
    // no format that is known
  }
  return only('broken');
}

function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function canRead(codec: SessionCodec, bytes: Buffer): boolean {
  try {
    codec.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether the user of the scripts could not open what we make: it is another's, and our group is not theirs. */
function isForeign(stat: Stats, ourGroup: number): boolean {
  if (stat.uid === 0 || stat.uid === process.geteuid?.()) return false;
  return stat.gid !== ourGroup || (process.umask() & 0o060) !== 0;
}

/** Whether the codec can read the file up to some closing brace, and something else follows. */
function hasGarbage(codec: SessionCodec, bytes: Buffer): boolean {
  const ends = [...bytes.toString('latin1').matchAll(/\}(?:;;\$D|;)?/g)].slice(0, mostEnds);
  return ends.some(({ index, 0: end }) => canRead(codec, bytes.subarray(0, index + end.length)));
}
