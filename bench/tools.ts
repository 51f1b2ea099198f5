import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../scripts/shop/process.ts';
import { repository } from '../scripts/shop/shop.ts';

/** Runs a program to its end; says what it printed when it fails. */
function run(command: readonly string[]): void {
  const [program = '', ...args] = command;
  const ran = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (ran.status !== 0) throw new Error(`"${command.join(' ')}" failed:\n${ran.stderr || String(ran.error)}`);
}

function inPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** Puts wrk on the machine where it is missing. Debian's package has no service. */
export function needWrk(say: (text: string) => void): void {
  if (inPath('wrk')) return;
  if (!inPath('apt-get')) throw new Error('this bench needs wrk (https://github.com/wg/wrk) in PATH');
  say("installing Debian's wrk");
  const sudo = isRoot ? [] : ['sudo', '-n'];
  run([...sudo, 'apt-get', 'update', '-qq']);
  run([...sudo, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'wrk']);
}

/** The nginx to run: the machine's own, or Debian's unpacked into .cache/ by scripts/setup.sh. */
export function needNginx(): string {
  return needUnpacked('nginx', '/usr/sbin/nginx').program;
}

/** HAProxy, found in the same way. */
export function needHaproxy(): Unpacked {
  return needUnpacked('haproxy', '/usr/sbin/haproxy');
}

/** Caddy, found in the same way. */
export function needCaddy(): Unpacked {
  return needUnpacked('caddy', '/usr/bin/caddy');
}

/** fcgiwrap, found in the same way. */
export function needFcgiwrap(): Unpacked {
  return needUnpacked('fcgiwrap', '/usr/sbin/fcgiwrap');
}

/** mod_perl, found in the same way: `program` is the module that Apache loads. */
export function needModPerl(): Unpacked {
  return needUnpacked('libapache2-mod-perl2', '/usr/lib/apache2/modules/mod_perl.so');
}

/** A program that may have been unpacked instead of installed. */
export interface Unpacked {
  readonly program: string;
  /** Where it was unpacked; null: it is installed. */
  readonly home: string | null;
  /** What it needs in its environment to find its libraries. */
  readonly env: Readonly<Record<string, string>>;
}

function needUnpacked(name: string, program: string): Unpacked {
  if (existsSync(program)) return { program, home: null, env: {} };
  const home = join(repository, '.cache', name);
  if (!existsSync(join(home, program))) {
    // setup.sh also replaces a node_modules that is out of date; not under our feet, nor under anybody else's.
    if (!isSetUp())
      throw new Error('node_modules does not belong to package-lock.json: run "npm run setup" first');
    run(['sh', join(repository, 'scripts/setup.sh'), '--with', name]);
  }
  const libraries = globSync(join(home, 'usr/lib/*-linux-*'));
  const env: Record<string, string> = libraries.length > 0 ? { LD_LIBRARY_PATH: libraries.join(':') } : {};
  return { program: join(home, program), home, env };
}

function isSetUp(): boolean {
  const [lock, stamp] = ['package-lock.json', 'node_modules/.banyan-lock'].map((name) =>
    join(repository, name),
  );
  if (lock === undefined || stamp === undefined || !existsSync(stamp)) return false;
  return readFileSync(lock).equals(readFileSync(stamp));
}

/** The gateway as its package has it, compiled: from the sources it carries Node's reader of TypeScript along, 28 MB. */
export function buildGateway(): string {
  const home = join(repository, '.cache/bench-build');
  rmSync(home, { recursive: true, force: true });
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const project = join(repository, 'tsconfig.build.json');
  run([process.execPath, tsc, '-p', project, '--outDir', join(home, 'dist')]);
  cpSync(join(repository, 'package.json'), join(home, 'package.json'));
  for (const name of globSync('*.pl', { cwd: join(repository, 'src/legacy') }))
    cpSync(join(repository, 'src/legacy', name), join(home, 'dist/legacy', name));
  return join(home, 'dist/cli/main.js');
}

const canPin = cpus().length > 1 && inPath('taskset');

/**
 * Puts this process on core 1. What it starts is there with it: load, upstream and database together, so that the
 * server under test has core 0. False where there is only one core, or no taskset.
 */
export function moveAside(): boolean {
  if (canPin) execFileSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' });
  return canPin;
}

/** The command of a server under test, on core 0. */
export function underTest(command: readonly string[]): string[] {
  return canPin ? ['taskset', '-c', '0', ...command] : [...command];
}

/** Has a server that runs, and all that it has started, run on some cores, and with it what they start. */
export function pinTree(pid: number, cores: string): void {
  if (!canPin) return;
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = listed.map((line) => line.trim().split(/\s+/).map(Number));
  execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
  for (const [child, parent] of parents) if (parent === pid && child !== undefined) pinTree(child, cores);
}

/** All there are, as taskset wants them. */
export const allCores = `0-${cpus().length - 1}`;
