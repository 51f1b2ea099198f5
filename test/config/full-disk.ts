import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { commit } from '../../src/config/commit.ts';
import { parseJournal } from '../../src/config/journal.ts';

// Runs on a disk of 256 KB that is filled up to the last page, then up to the last but one, and so on until a change of
// routes.yaml fits. Says in JSON what became of the file, its journal and the folder each time.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new RangeError('name the folder that is a disk of its own: it is filled');
const file = join(folder, 'routes.yaml');
const old = `routes:\n  /x: legacy\n${'# so much\n'.repeat(2_000)}`;
const journal = join(folder, '.routes.yaml.journal');
const filler = join(folder, 'filler');
const pageBytes = 4096;

writeFileSync(file, old);
writeFileSync(filler, '');
try {
  for (;;) appendFileSync(filler, Buffer.alloc(pageBytes));
} catch {
  // full
}
const seen: { said: string; isOld: boolean; entries: number; names: string[] }[] = [];
for (
  let size = readFileSync(filler).length;
  size >= 0 && seen.at(-1)?.said !== 'written';
  size -= pageBytes
) {
  truncateSync(filler, size);
  const author = { verb: 'flip', who: 'me', why: null };
  const said = await commit(file, ({ text }) => ({ ...author, text: text.replace('legacy', 'port') })).then(
    () => 'written',
    (error: Error) => error.message,
  );
  const names = readdirSync(folder).filter((name) => name !== 'filler');
  const entries = names.includes('.routes.yaml.journal')
    ? parseJournal(readFileSync(journal, 'utf8')).length
    : 0;
  seen.push({ said, isOld: readFileSync(file, 'utf8') === old, entries, names: names.toSorted() });
}
process.stdout.write(JSON.stringify(seen));
