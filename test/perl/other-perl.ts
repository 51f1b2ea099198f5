import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sorted } from './real-perl.ts';
import type { Shape } from './real-perl.ts';

const script = fileURLToPath(new URL('other-perl.pl', import.meta.url));

/** What the module that wrote this format reads from each of these texts; an error message where it cannot. */
export function readInPerl(format: string, texts: Buffer[]): (Shape | { error: string })[] {
  const perl = spawnSync('perl', [script], {
    input: JSON.stringify([format, texts.map((text) => text.toString('hex'))]),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (perl.status !== 0) throw new Error(`other-perl.pl ${format}: ${perl.stderr}`);
  return (JSON.parse(perl.stdout) as (Shape | { error: string })[]).map(sorted);
}
