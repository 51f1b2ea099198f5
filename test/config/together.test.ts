import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { readJournal } from '../../src/config/journal-file.ts';
import { textOf } from '../../src/config/journal.ts';
import { routeChanges } from '../../src/config/route-changes.ts';
import { textHash } from '../../src/config/text-hash.ts';
import { banyan } from '../helpers/cli.ts';

const repository = join(import.meta.dirname, '../..');

/** A gateway on a file; its log as lines of JSON, and where it can be asked. */
async function startGateway(t: Test, file: string) {
  const main = join(repository, 'src/cli/main.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, main, 'start', file]);
  t.teardown(() => child.kill('SIGKILL'));
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += String(chunk)));
  const admin = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk);
      const [, url] = /metrics at (\S+)\/metrics/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error(said)));
  });
  const hash = async (): Promise<string> =>
    ((await (await fetch(`${admin}/config`)).json()) as { hash: string }).hash;
  return { hash, log: () => log };
}

t.test('two gateways and three command lines at once: no edit is lost, no file is torn', async (t) => {
  t.setTimeout(120_000);
  const names = Array.from({ length: 9 }, (_, at) => `r${at}`);
  const routes = names.map((name) => `  /${name}: { to: legacy, port: x.ts } # ${name}\n`).join('');
  const head = 'listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlegacy: http://127.0.0.1:1\nroutes:\n';
  const folder = t.testdir({ 'routes.yaml': head + routes, 'x.ts': 'export default {};\n' });
  const file = join(folder, 'routes.yaml');
  const gateways = await Promise.all([startGateway(t, file), startGateway(t, file)]);

  const seen = new Set<string>();
  let isOver = false;
  const reader = (async (): Promise<void> => {
    while (!isOver) {
      seen.add(textHash(readFileSync(file, 'utf8')));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const wanted = new Map<string, string>();
  const writer = async (own: number): Promise<void> => {
    for (let round = 0; round < 6; round++) {
      const name = `r${own * 3 + (round % 3)}`;
      const target = `port ${own * 10 + round + 1}%`;
      wanted.set(name, target);
      const { code, stderr } = await banyan(folder, ['flip', name, target, '--yes', '-m', `round ${round}`]);
      t.equal(code, 0, stderr);
    }
  };
  await Promise.all([writer(0), writer(1), writer(2)]);
  isOver = true;
  await reader;

  const last = readFileSync(file, 'utf8');
  t.same(
    new Map(routeChanges(head + routes, last).map(({ name, after }) => [name, after])),
    wanted,
    'every route has the last target that it was given',
  );
  t.equal(last.match(/# r\d$/gm)?.length, 9, 'and its comment');
  const entries = await readJournal(file);
  t.equal(entries.length, 19, 'the journal has every edit');
  t.ok(
    entries.slice(1).every((entry, at) => entry.rev === at + 2 && entry.before === entries[at]?.after),
    'each made of the one before',
  );
  t.equal(textOf(entries, 19), last);
  const known = new Set(entries.map(({ after }) => after));
  t.ok(seen.size > 5, `${seen.size} texts were seen meanwhile`);
  t.ok(
    [...seen].every((hash) => known.has(hash)),
    'each of them whole',
  );
  for (const gateway of gateways) {
    while ((await gateway.hash()) !== textHash(last)) await new Promise((resolve) => setImmediate(resolve));
    t.notMatch(gateway.log(), /"level":"error"/, 'no gateway ever saw a text to refuse');
  }
  t.same(readdirSync(folder).toSorted(), ['.routes.yaml.journal', 'routes.yaml', 'x.ts']);
});

t.test('three processes that count in one file lose no number', async (t) => {
  const file = join(t.testdir({ 'routes.yaml': '0\n' }), 'routes.yaml');
  const program = join(import.meta.dirname, 'count-up.ts');
  const said = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, [program, file, '30'], { stdio: ['ignore', 'pipe', 'inherit'] });
      return (await text(child.stdout)).trim().split('\n').map(Number);
    }),
  );
  t.equal(readFileSync(file, 'utf8'), '90\n');
  t.same(
    said.flat().toSorted((one, other) => one - other),
    Array.from({ length: 90 }, (_, at) => at + 2),
    'each revision was given to one of them',
  );
});
