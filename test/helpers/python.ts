import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from '../../scripts/shop/shop.ts';

/** The worked example of docs/port-hosts.md. */
export const pythonHost = join(repository, 'docs/python-host');

/** What perl_session.py made of one thing: its answer, or why it refused. */
export type Answered<T> = { readonly answer: T } | { readonly refused: string };

/** Sessions as it decodes them, or the hex of what it encodes: of a value, or of a session that was decoded again. */
const commands = {
  decode: 'perl_session.decode(bytes.fromhex(item))',
  encode: 'perl_session.encode(item).hex()',
  again: 'perl_session.encode(perl_session.decode(bytes.fromhex(item)), bytes.fromhex(item)).hex()',
  anew: 'perl_session.encode(perl_session.decode(bytes.fromhex(item))).hex()',
};

/** Runs perl_session.py over a whole batch, in one process. Throws where it fails in any way but its own two. */
export function askPython<T>(command: keyof typeof commands, batch: readonly unknown[]): Answered<T>[] {
  const program = `
import json, sys
sys.path.insert(0, ${JSON.stringify(pythonHost)})
sys.dont_write_bytecode = True
import perl_session
def ask(item):
    try:
        return {"answer": ${commands[command]}}
    except (perl_session.Unreadable, perl_session.Unwritable) as error:
        return {"refused": str(error)}
print(json.dumps([ask(item) for item in json.load(sys.stdin)]))
`;
  const python = spawnSync('/usr/bin/python3', ['-c', program], {
    input: JSON.stringify(batch),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (python.status !== 0) throw new Error(`python3: ${python.stderr}`);
  return JSON.parse(python.stdout) as Answered<T>[];
}

/** The same of bytes. */
export function askPythonOf<T>(command: keyof typeof commands, images: readonly Buffer[]): Answered<T>[] {
  return askPython(
    command,
    images.map((bytes) => bytes.toString('hex')),
  );
}
