import t from 'tap';
import { isMarked } from '../../src/config/complete.ts';
import { watchRoutes } from '../helpers/reloads.ts';
import { read } from '../helpers/settings.ts';

const shortest = `legacy: http://127.0.0.1:8080
routes:
  /cgi-bin/help.pl: legacy
  /**: legacy
`;

const whole = `# the shop, moved since 2026
version: 1
base: /cgi-bin/ # keys below may leave it out
legacy: http://127.0.0.1:8080
session:
  store: mysql://shop@127.0.0.1:3306/shop?table=sessions
  lock: { wait: 10s, queue: 50 }
defaults:
  session: write
  timeout: 30s

routes:
  # done
  help.pl: legacy
  view.pl: legacy
  POST cart.pl:
    to: legacy
    session: write
  /reports/**:
    to: legacy
    session: none
    timeout: 5m
  /cafes/café/**:
    to: legacy
    timeout: 5m
  /**: legacy # everything else
`;

const texts: Record<string, string> = {
  'the shortest file': shortest,
  'a whole one': whole,
  'one with Windows line ends and a byte order mark': `\uFEFF${whole.replaceAll('\n', '\r\n')}`,
  'one that says where it ends': `${whole}...\n`,
};

/** Every beginning of a text, in bytes. */
function beginnings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from(bytes, (_, length) => bytes.subarray(0, length));
}

/** How many of these a reader would take that holds them against nothing. */
function countReadable(beginning: readonly Buffer[]): number {
  return beginning.filter((bytes) => read(bytes.toString()).settings !== null).length;
}

for (const [name, text] of Object.entries(texts)) {
  t.test(`no beginning of the running file takes effect: ${name}`, async (t) => {
    const routes = watchRoutes(t, text);
    const running = routes.reloads.current();
    for (const bytes of beginnings(text)) {
      await routes.write(bytes);
      await routes.settle();
      if (routes.reloads.current() !== running) t.fail(`${bytes.length} bytes were taken for the file`);
    }
    const readable = countReadable(beginnings(text));
    t.comment(`${Buffer.byteLength(text)} beginnings, of which ${readable} can be read`);
    t.ok(readable > 0, 'some can be read, and mean something else');
    t.equal(routes.reloads.current(), running);
    t.equal(await routes.write(text), 'same');
    t.equal(routes.reloads.refused(), null, 'and nothing is refused any more');
  });
}

t.test('no beginning of any new file takes effect once the running one says where it ends', async (t) => {
  const text = `${whole.replace('view.pl: legacy', 'view.pl: { to: legacy, timeout: 1m }')}  /new/**: legacy\n...\n`;
  for (const running of [`${shortest}...\n`, `${whole}...\n`]) {
    const routes = watchRoutes(t, running.replace(/^legacy.*/m, 'legacy: http://127.0.0.1:8080'));
    const before = routes.reloads.current();
    for (const bytes of beginnings(text)) {
      if (isMarked(bytes.toString())) continue; // all but the last newline is all there is
      await routes.write(bytes);
      await routes.settle();
      if (routes.reloads.current() !== before) t.fail(`${bytes.length} bytes were taken for the file`);
    }
    t.equal(routes.reloads.current(), before);
  }
  const routes = watchRoutes(t, `${whole}...\n`);
  t.equal(await routes.write(text), 'taken', 'the whole of it does, at once');
});

t.test(
  'without that line, a beginning of an edited file is waited for, and gets 2 s to become whole',
  async (t) => {
    const edits: [string, string][] = [
      ['timeout: 30s', 'timeout: 20s'],
      ['  view.pl: legacy\n', '  view.pl: { to: legacy, timeout: 1m }\n'],
      ['  # done\n', '  # done\n  new.pl: legacy\n'],
      ['everything else', 'all the rest'],
    ];
    for (const [before, after] of edits) {
      const routes = watchRoutes(t, whole);
      const running = routes.reloads.current();
      const text = whole.replace(before, after);
      for (const bytes of beginnings(text)) {
        await routes.write(bytes);
        if (routes.reloads.current() !== running) t.fail(`${bytes.length} bytes of ${after}`);
      }
      t.equal(await routes.write(text), 'taken', `${after}: the whole is taken at once`);
    }
  },
);

t.test('a shorter file that stays as it is was meant: it is taken after 2 s', async (t) => {
  const routes = watchRoutes(t, whole);
  const shorter = whole.replace('  /**: legacy # everything else\n', '').replace('30s', '20s');
  t.equal(await routes.write(shorter), 'wait');
  t.equal(await routes.settle(), 'taken');
  t.equal(routes.reloads.current().table.routes.length, 5);
});

t.test('who removed the end of a file on purpose says so', async (t) => {
  const shorter = whole.slice(0, whole.indexOf('  /cafes'));
  await t.test('with the line "..."', async (t) => {
    const routes = watchRoutes(t, whole);
    t.equal(await routes.write(shorter), 'refused');
    const [finding] = routes.reloads.refused()?.findings ?? [];
    t.match(finding, { code: 'cut-off', line: 22, source: '    timeout: 5m' });
    t.match(finding?.help, /write "\.\.\." as its last line, or send the gateway a SIGHUP/);
    t.equal(await routes.write(`${shorter}...\n`), 'taken');
    t.equal(await routes.write(shorter), 'refused', 'and from then on it belongs there');
    t.match(routes.reloads.refused()?.findings, [{ code: 'cut-off', message: /running file ends with/ }]);
  });
  await t.test('with a SIGHUP', async (t) => {
    const routes = watchRoutes(t, `${whole}...\n`);
    t.equal(await routes.write(shorter), 'refused');
    t.equal(await routes.ask(), 'taken');
    t.equal(routes.reloads.current().text, shorter);
  });
  await t.test('or a tool that knows the text has said so for them', async (t) => {
    t.equal(await watchRoutes(t, whole, true).write(shorter), 'taken');
  });
});

t.test('a beginning that lacks only blank lines lacks nothing', async (t) => {
  t.equal(await watchRoutes(t, `${whole}\n\n\n`).write(whole), 'taken');
});

t.test('an empty file and one full of zeros get sentences of their own', async (t) => {
  const routes = watchRoutes(t, whole);
  for (const empty of ['', '\n', ' \r\n\n']) {
    t.equal(await routes.write(empty), 'refused');
    t.match(routes.reloads.refused()?.findings, [{ code: 'empty-file', message: /a crash or a full disk/ }]);
  }
  t.equal(await routes.ask(), 'refused', 'also when it was asked for');
  await routes.write('\0'.repeat(whole.length));
  await routes.settle();
  t.match(routes.reloads.refused()?.findings, [{ code: 'damaged', message: /zero bytes/ }]);
});

t.test('nothing may follow the line "..."', async (t) => {
  t.match(read(`${shortest}...\n`).findings, [], 'which is no reason to warn');
  t.match(read(`${shortest}...\nroutes: {}\n`).findings, [{ code: 'yaml', message: /second document/ }]);
});
