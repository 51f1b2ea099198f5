import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import t, { type Test } from 'tap';

// The rooms of the house and who may call on whom. A room is a folder of src/, or a file directly in it.
const src = resolve(import.meta.dirname, '../src');
const thinking = ['exchange', 'routing', 'session', 'perl', 'compare', 'survey'];
const touching = ['mysql', 'files', 'legacy', 'porting', 'config', 'telemetry'];
const anything = 'anything';

/** Which rooms a room may import from, besides itself, errors.ts and record.ts. */
const mayImport: Readonly<Record<string, readonly string[] | typeof anything>> = {
  exchange: [],
  session: ['exchange'],
  routing: ['exchange', 'session'],
  perl: ['exchange', 'session'],
  compare: ['exchange', 'session'],
  survey: ['session'],
  ...Object.fromEntries(touching.map((room) => [room, thinking])),
  gateway: thinking,
  control: thinking,
  workers: [...thinking, 'config', 'control'],
  cli: anything,
  'compose.ts': anything,
  'compose-admin.ts': anything,
  'compose-crew.ts': anything,
  'compose-end.ts': anything,
  'compose-listen.ts': anything,
  'compose-routes.ts': anything,
  'compose-sessions.ts': anything,
  'compose-places.ts': anything,
  'compose-ports.ts': anything,
  'compose-certificate.ts': anything,
  'porting/host.ts': anything, // it wires the child process
  'porting/port-server.ts': anything, // and this is what it wires
  'index.ts': ['porting', 'exchange', 'session'], // it only says what is public
  'errors.ts': ['exchange'],
  'record.ts': ['exchange', 'session'],
};

interface Source {
  /** Relative to src/. */
  readonly file: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly string[];
}

const sources: Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort()
  .map((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    return { file, text, lines: text.trimEnd().split('\n'), imports: importsOf(text) };
  });

/** Every module a text names in import, export … from, and import(). */
function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const named = /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm;
  const bare = /^import\s*['"]([^'"]+)['"]/gm;
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]/g;
  return [named, bare, dynamic].flatMap((shape) => [...code.matchAll(shape)].map((found) => found[1] ?? ''));
}

/** Comments at the beginning of a line or after code and a space; enough for prettier's layout. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file;
}

/** The files of src/ a file imports, relative to src/. */
function neighboursOf(source: Source): string[] {
  const folder = posix.dirname(source.file);
  return source.imports.filter((name) => name.startsWith('.')).map((name) => posix.join(folder, name));
}

function none(t: Test, offenders: readonly string[], rule: string): void {
  t.equal(offenders.length, 0, `${rule}${offenders.map((offender) => `\n    ${offender}`).join('')}`);
}

t.test('the imports of a file are found however they are written', async (t) => {
  const text = [
    "import a from './a.ts';",
    "import type {\n  B,\n} from './b.ts';",
    "export { c } from './c.ts';",
    "import './d.ts';",
    "  const e = await import('./e.ts');",
    "// import f from './f.ts';",
    "/** import g from './g.ts' */",
  ].join('\n');
  t.same(
    importsOf(text)
      .map((name) => name.slice(2, 3))
      .sort(),
    ['a', 'b', 'c', 'd', 'e'],
  );
  t.ok(sources.length > 50, 'all of src is read');
});

t.test('every room is on the plan', async (t) => {
  const strangers = sources.filter(({ file }) => mayImport[roomOf(file)] === undefined);
  none(
    t,
    strangers.map(({ file }) => file),
    'each folder of src has a row in mayImport',
  );
});

t.test('rooms import only from the rooms they may import from', async (t) => {
  const offenders: string[] = [];
  for (const source of sources) {
    const room = roomOf(source.file);
    const allowed = mayImport[source.file] ?? mayImport[room] ?? [];
    if (allowed === anything) continue;
    for (const neighbour of neighboursOf(source)) {
      const other = roomOf(neighbour);
      if (other === room || other === 'errors.ts' || other === 'record.ts' || allowed.includes(other))
        continue;
      const rule = allowed.length === 0 ? 'no other room' : `only ${allowed.join(', ')}`;
      offenders.push(`src/${source.file} imports ${neighbour}; ${room} may import ${rule}`);
    }
  }
  none(t, offenders, 'nobody imports where they may not');
});

t.test('nothing outside src is imported by src', async (t) => {
  const offenders = sources.flatMap((source) =>
    neighboursOf(source)
      .filter((neighbour) => neighbour.startsWith('..'))
      .map((neighbour) => `src/${source.file} imports ${neighbour}`),
  );
  none(t, offenders, 'src stands alone');
});

t.test('rooms that think touch nothing', async (t) => {
  const world =
    /^(?:node:(?:net|tls|dgram|dns|https?2?|fs|child_process|cluster|timers|worker_threads)(?:\/.*)?|undici|mysql2|@?fastify|pino|prom-client|yaml|commander)(?:\/.*)?$/;
  const offenders = sources
    .filter(({ file }) => thinking.includes(roomOf(file)))
    .flatMap(({ file, imports }) =>
      imports.filter((name) => world.test(name)).map((name) => `src/${file} imports ${name}`),
    );
  none(t, offenders, 'no sockets, files, processes or libraries for them in a thinking room');
});

t.test('builtin modules are imported by their node: name', async (t) => {
  const bare =
    /^(?:assert|buffer|child_process|crypto|events|fs|http|https|net|os|path|process|stream|url|util)(?:\/.*)?$/;
  const offenders = sources.flatMap(({ file, imports }) =>
    imports.filter((name) => bare.test(name)).map((name) => `src/${file} imports ${name}`),
  );
  none(t, offenders, 'node:fs, not fs');
});

t.test('rooms that think are handed the time and the dice', async (t) => {
  const own =
    /\b(?:Date\.now|performance\.now|setTimeout|setInterval|setImmediate|Math\.random|process\.hrtime)\b|\bnew Date\(\)/;
  const offenders: string[] = [];
  for (const { file, text } of sources) {
    if (!thinking.includes(roomOf(file)) || file === 'exchange/clock.ts') continue;
    withoutComments(text)
      .split('\n')
      .filter((line) => own.test(line))
      .forEach((line) => offenders.push(`src/${file}: ${line.trim()}`));
  }
  none(t, offenders, 'only exchange/clock.ts reads a clock');
});

t.test('there are no default exports', async (t) => {
  const offenders = sources
    .filter(({ text }) => /^export\s+default\b|^export\s*\{[^}]*\bas default\b/m.test(withoutComments(text)))
    .map(({ file }) => `src/${file}`);
  none(t, offenders, 'everything is imported by its name');
});

t.test('no file is longer than a reader can hold in mind', async (t) => {
  const longest = (file: string): number => (/^perl\/(?:dumper|storable)/.test(file) ? 400 : 300);
  const offenders = sources
    .filter(({ file, lines }) => lines.length > longest(file))
    .map(({ file, lines }) => `src/${file} has ${lines.length} lines of ${longest(file)}`);
  none(t, offenders, '300 lines; 400 for the codecs');
});

/** Whether a docstring ends on the line above this one. */
function hasDocstring(lines: readonly string[], at: number): boolean {
  if (lines[at - 1]?.trimEnd().endsWith('*/') !== true) return false;
  let first = at - 1;
  while (lines[first]?.startsWith(' *') === true) first--;
  return lines[first]?.startsWith('/**') === true;
}

t.test('every exported name says what it is, a function at the first way to call it', async (t) => {
  const shape =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|namespace) (\w+)/;
  const offenders = sources.flatMap(({ file, lines }) =>
    lines.flatMap((line, at) => {
      const name = shape.exec(line)?.[1];
      const isOverload = lines.slice(0, at).some((above) => above.startsWith(`export function ${name}(`));
      if (name === undefined || isOverload || hasDocstring(lines, at)) return [];
      return [`src/${file}:${at + 1} exports ${name} without a docstring immediately above`];
    }),
  );
  none(t, offenders, 'a docstring immediately above');
});

t.test('what is exported is exported where it is written', async (t) => {
  const offenders = sources
    .filter(({ text }) => /^export\s*(?:type\s*)?\{[^}]*\}\s*;/m.test(withoutComments(text)))
    .map(({ file }) => `src/${file}`);
  none(t, offenders, 'no export lists, which the rule above would not see');
});
