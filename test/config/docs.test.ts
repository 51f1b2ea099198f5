import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { settings } from '../../src/config/schema.ts';
import { diskWith, read } from '../helpers/settings.ts';

const page = await readFile(resolve(import.meta.dirname, '../../docs/routes.md'), 'utf8');

t.test('docs/routes.md names every setting with its default and sentence', async (t) => {
  const rows = page.split('\n').map((line) => line.replace(/ +/g, ' '));
  for (const { section, key, type, fallback, sentence } of settings) {
    if (type === 'later') continue;
    const end = `| \`${key}\` | ${type} | ${fallback === null ? '' : `\`${fallback}\` `}| ${sentence} |`;
    t.ok(
      rows.some((row) => row.endsWith(end)),
      `${section}: ${key}`,
    );
  }
});

t.test('every setting that comes later is named', async (t) => {
  for (const { key, type } of settings) if (type === 'later') t.ok(page.includes(`\`${key}\``), key);
});

t.test('the examples of docs/routes.md are without errors', async (t) => {
  const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1] ?? '');
  t.equal(examples.length, 2);
  const disk = diskWith('ports/help.ts', 'ports/view.ts', 'ports/cart-add.ts');
  for (const example of examples) t.same(read(example, { disk, env: { SHOP_PASSWORD: 'x' } }).findings, []);
});
