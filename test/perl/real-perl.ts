import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export { viewOfValue as shapeOf } from '../contract/codec-perl.ts';

const script = fileURLToPath(new URL('real-perl.pl', import.meta.url));

/** Runs one command of real-perl.pl over a whole batch, in one process of the real Perl. */
export function askPerl(command: 'knots' | 'freeze' | 'print' | 'session', batch: unknown): unknown {
  const perl = spawnSync('perl', [script, command], {
    input: JSON.stringify(batch),
    encoding: 'utf8',
    // The order of hashes is part of what we must keep; the same one on every run.
    env: { ...process.env, PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (perl.status !== 0) throw new Error(`real-perl.pl ${command}: ${perl.stderr}`);
  return JSON.parse(perl.stdout);
}
