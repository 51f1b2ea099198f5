import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** What a test of recordings is about. */
export interface RecordedTest {
  /** The routes file. */
  readonly file: string;
  /** The recordings. */
  readonly folder: string;
  readonly route: string;
}

/** Writes a test beside the recordings, unless there is one. The path, or null where nothing was written. */
export async function writeRecordedTest(about: RecordedTest): Promise<string | null> {
  const { folder, route } = about;
  const home = basename(dirname(folder)) === 'recorded' ? dirname(dirname(folder)) : dirname(folder);
  const path = join(home, `${route.replace(/[^\w.-]/g, '_')}.recorded.test.ts`);
  await mkdir(home, { recursive: true });
  try {
    await writeFile(path, recordedTest(about, home), { flag: 'wx' });
    return path;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return null; // somebody may have changed it
    throw thrown;
  }
}

/** The text of the test. It finds the `banyan` of its project, or else whichever the shell would. */
function recordedTest({ file, folder, route }: RecordedTest, home: string): string {
  const from = (path: string): string => quoted(relative(home, resolve(path)).replaceAll('\\', '/'));
  return `import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import t from 'tap';

// What visitors did on the old page, as \`banyan record\` saw it: the port is to do the same.
const route = ${quoted(route)};
const recordings = join(import.meta.dirname, ${from(folder)});
const routes = join(import.meta.dirname, ${from(file)});

interface Report {
  readonly results: readonly {
    readonly name: string;
    readonly request: string;
    readonly differences: string[];
  }[];
}

const { stdout, stderr } = banyan('port', 'test', route, '--from', recordings, '--file', routes, '--json');
if (!stdout) t.fail(stderr || 'banyan cannot be run');
else
  for (const { name, request, differences } of (JSON.parse(stdout) as Report).results)
    t.same(differences, [], \`\${name} \${request}\`);

function banyan(...args: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env; // tap's loader is for tests only
  const options = { cwd: dirname(routes), env, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const main = mainOfBanyan();
  return main === undefined
    ? spawnSync('banyan', args, options)
    : spawnSync(process.execPath, [main, ...args], options);
}

function mainOfBanyan(): string | undefined {
  try {
    const home = dirname(findPackageJSON('banyan', import.meta.url) ?? '');
    return ['src/cli/main.ts', 'dist/cli/main.js'].map((name) => join(home, name)).find(existsSync);
  } catch {
    return undefined; // it is none of the project's packages
  }
}
`;
}

/** A text in source, between single quotes as prettier has them. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`).replace(/[\n\r\u2028\u2029]/g, ' ')}'`;
}
