import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { scanPerl } from '../../src/survey/scan.ts';
import type { Token } from '../../src/survey/token.ts';

const root = resolve(import.meta.dirname, '../..');

/** The texts that stand in a script as Perl compiles it; B/Texts.pm does not run it. */
function textsOfPerl(script: string): string[] {
  const ran = spawnSync(
    'perl',
    ['-I', import.meta.dirname, '-I', join(root, 'legacy-stub/lib'), '-MO=Texts', script],
    {
      encoding: 'latin1',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as string[];
}

function textsOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ text, pieces }) => [
    text,
    ...pieces.flatMap((piece) => (typeof piece === 'string' ? [piece] : textsOf(piece))),
  ]);
}

/** What stands in strings. */
function literalsOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ kind, pieces }) =>
    pieces.flatMap((piece) =>
      typeof piece !== 'string' ? literalsOf(piece) : kind === 'string' && piece !== '' ? [piece] : [],
    ),
  );
}

/** Whether Perl can have joined a text out of these while it compiled: `'a' . 'b'`, `'0' x 31`. */
function isMadeOf(text: string, parts: readonly string[]): boolean {
  const reached = new Set([0]);
  for (let at = 0; at < text.length; at++) {
    if (!reached.has(at)) continue;
    for (const part of parts) if (text.startsWith(part, at)) reached.add(at + part.length);
  }
  return reached.has(text.length);
}

/** `require HTTP::Date` is compiled as the name of its file. */
function moduleOf(text: string): string {
  return /^[A-Z][\w/]*\.pm$/.test(text) ? text.slice(0, -3).replaceAll('/', '::') : text;
}

const scripts = ['legacy-stub/cgi-bin', 'test/fixtures/cgi'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.pl'))
    .map((name) => join(root, folder, name)),
);

t.test('every text that Perl finds in a script is one that was read', async (t) => {
  for (const script of [...scripts, '/usr/share/gitweb/gitweb.cgi']) {
    const { tokens, lostAt } = scanPerl(readFileSync(script, 'latin1'));
    const known = new Set(textsOf(tokens).flatMap((text) => [text, text.replace(/\\([QE]|(?=\/))/g, '')]));
    const literals = literalsOf(tokens);
    const missing = textsOfPerl(script).filter(
      (text) => text.length > 2 && text !== script && !known.has(moduleOf(text)) && !isMadeOf(text, literals),
    );
    t.same(missing, [], script);
    t.equal(lostAt, null, `${script} is read to its end`);
  }
});
