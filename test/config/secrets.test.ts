import t from 'tap';
import { printFinding } from '../../src/cli/print-findings.ts';
import { makeFinding } from '../../src/config/findings.ts';
import { maskSecrets } from '../../src/config/mask.ts';
import { complaints, read } from '../helpers/settings.ts';

t.test('a password in a URL is masked, and a TCP port is not', async (t) => {
  t.equal(maskSecrets('store: mysql://shop:hunter2@db/shop'), 'store: mysql://shop:***@db/shop');
  t.equal(maskSecrets('legacy: http://127.0.0.1:8080'), 'legacy: http://127.0.0.1:8080');
  t.equal(maskSecrets('{ a: http://h:80, b: http://h:81/ }'), '{ a: http://h:80, b: http://h:81/ }');
});

t.test('odd passwords are masked whole', async (t) => {
  t.equal(maskSecrets('mysql://u:p@ss/w:rd@h/db'), 'mysql://u:***@h/db');
  t.equal(maskSecrets('mysql://u:12345@h/db'), 'mysql://u:***@h/db');
  t.equal(maskSecrets('mysql://u:hunter2'), 'mysql://u:***', 'also when the host was forgotten');
});

t.test('the mark stays under its word when the line gets shorter', async (t) => {
  const text = 'a: mysql://u:hunter2@h/db # bad';
  const parts = { severity: 'error', code: 'c', message: 'm', help: null, file: 'f', line: 1 } as const;
  const printed = printFinding(makeFinding({ ...parts, text, from: text.indexOf('bad'), length: 3 }));
  const [, , source = '', mark = ''] = printed.split('\n');
  t.equal(mark.indexOf('^'), source.indexOf('bad'));
});

t.test('no finding about the store shows the password, whatever is wrong with it', async (t) => {
  for (const url of [
    'mysql://u:hunter2@h',
    'mysql://u:hunter2@h/a/b',
    'mysql://u:hunter2@h:99999/d',
    'postgres://u:hunter2@h/d',
    'mysql://u:hunter2@h/d?tabel=x',
    'mysql://u:hunter2@h/d?table=a;b',
    'mysql://u:hunter2%@h/d',
  ]) {
    const text = `legacy: http://u:hunter2@h\nsession: { store: "${url}" }\nroutes: {}\n`;
    const { findings } = read(text);
    t.ok(findings.length >= 2, url);
    t.notMatch(JSON.stringify(findings) + complaints(text), 'hunter2', url);
  }
});

t.test('a password in a message, in a help line or in the source is masked', async (t) => {
  const text = 'legacy: ftp://u:hunter2@h';
  const parts = { severity: 'error', code: 'c', file: 'f', line: 1, from: 0, length: 1 } as const;
  const finding = makeFinding({ ...parts, text, message: text, help: text });
  t.match(finding, {
    message: 'legacy: ftp://u:***@h',
    help: 'legacy: ftp://u:***@h',
    source: 'legacy: ftp://u:***@h',
  });
});

t.test('what a variable holds is never shown', async (t) => {
  const text =
    'legacy: ${SECRET}\nlisten: "${SECRET}"\nroutes:\n  /a: ${SECRET}\n  /b: { to: legacy, timeout: "${SECRET}", name: "${SECRET}" }\n  /c: { to: port, port: "./${SECRET}.ts" }\n';
  const shown = complaints(text, { env: { SECRET: 'hunter two' } });
  t.notMatch(shown, 'hunter');
  t.equal(shown.match(/cannot be read once its variables are filled in/g)?.length, 5);
  t.match(shown, '4 |   /a: ${SECRET}');
});

t.test('a missing variable is shown where it stands', async (t) => {
  t.equal(
    complaints('legacy: http://${HOST}:80\nroutes: {}\n'),
    `routes.yaml:1:16: error: the environment has no variable HOST [missing-variable]
  |
1 | legacy: http://\${HOST}:80
  |                ^^^^^^^
  = help: set it before the start, or give a default: \${HOST:-value}
`,
  );
  t.match(
    complaints('legacy: "http://${HO ST}"\nroutes: {}\n'),
    'cannot read the variable "${HO ST}" [bad-variable]',
  );
});
