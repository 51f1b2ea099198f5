import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Problem } from '../../src/errors.ts';
import { fileStore } from '../../src/files/file-store.ts';

// Runs on a disk of 64 KB, which it fills: what becomes of a session that does not fit? Says it in JSON.
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new RangeError('name the folder that is a disk of its own: it is filled');
const store = fileStore({ format: 'cgi-session', directory, fileName: null, lockDirectory: directory }, null);
const path = join(directory, 'cgisess_one');
writeFileSync(path, 'first');
try {
  for (;;) appendFileSync(join(directory, 'filler'), Buffer.alloc(4096));
} catch {
  // full
}
const transaction = await store.begin();
await transaction.loadSession('one', true);
const codes: string[] = [];
const note = (thrown: unknown): void => void codes.push(thrown instanceof Problem ? thrown.code : 'other');
await transaction.saveSession('one', Buffer.alloc(10_000, 'x'), { kind: 'file' }).catch(note);
await transaction.addSession('two', Buffer.alloc(10_000, 'x')).catch(note);
const kept = readFileSync(path, 'latin1');
await transaction.saveSession('one', Buffer.alloc(4_000, 'y'), { kind: 'file' });
await transaction.commit();
await store.close();
const { length } = readFileSync(path);
process.stdout.write(JSON.stringify({ codes, kept, length, names: readdirSync(directory).sort() }));
