import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What a value looks like to either language, comparable: hashes are `['hash', …]` with their keys sorted, arrays
 * `['array', …]`, and anything else that is not plain is `['other']`. Numbers and strings stay different things.
 */
export type Shape = null | string | number | readonly ['array' | 'hash' | 'other', ...unknown[]];

const script = fileURLToPath(new URL('real-perl.pl', import.meta.url));

/** Runs one command of real-perl.pl over a whole batch, in one process of the real Perl. */
export function askPerl(
  command: 'thaw' | 'again' | 'knots' | 'freeze' | 'print' | 'session',
  batch: unknown,
): unknown {
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

/** What CGI::Session 4.48 reads from each of these texts; an error message where it cannot. */
export function thawInPerl(texts: Buffer[]): (Shape | { error: string })[] {
  const hex = texts.map((text) => text.toString('hex'));
  return (askPerl('thaw', hex) as (Shape | { error: string })[]).map(sorted);
}

/** Sorts the keys of every hash in a shape. */
export function sorted<T>(shape: T): T {
  if (!Array.isArray(shape)) return shape;
  const [kind, ...rest] = shape as unknown[];
  if (kind !== 'hash') return [kind, ...rest.map(sorted)] as T;
  const entries = (rest as [string, unknown][]).map(
    ([key, value]) => [key, sorted(value)] as [string, unknown],
  );
  return [kind, ...entries.sort(([a], [b]) => (a < b ? -1 : 1))] as T;
}

/** The shape of a value that our codec read or a test made. */
export function shapeOf(value: unknown): Shape {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (Array.isArray(value)) return ['array', ...value.map(shapeOf)];
  if (Object.isFrozen(value) && (value as { opaque?: unknown }).opaque === true) return ['other'];
  const entries = Object.entries(value as object).map(([key, inner]): [string, Shape] => [
    key,
    shapeOf(inner),
  ]);
  return sorted(['hash', ...entries]);
}
