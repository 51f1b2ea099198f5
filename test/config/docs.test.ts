import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { reference } from '../../scripts/reference.ts';
import { jsonSchema } from '../../src/config/json-schema.ts';
import { settings } from '../../src/config/schema.ts';
import { diskWith, read } from '../helpers/settings.ts';

const root = resolve(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/routes.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1] ?? '');

t.test(
  'routes.schema.json and the table of docs/routes.md are what the settings say (npm run reference)',
  async (t) => {
    for (const [file, text] of Object.entries(await reference()))
      t.ok((await readFile(join(root, file), 'utf8')) === text, `${file} is up to date`);
    for (const { key, sentence } of settings) t.ok(page.includes(sentence), key);
  },
);

t.test('the examples of docs/routes.md are without errors', async (t) => {
  t.equal(examples.length, 2);
  const disk = diskWith('ports/help.ts', 'ports/view.ts', 'ports/cart-add.ts');
  const env = { SHOP_PASSWORD: 'x', ADMIN_TOKEN: 'x'.repeat(16) };
  for (const example of examples) t.same(read(example, { disk, env }).findings, []);
});

t.test('the schema takes every example there is', async (t) => {
  const validate = await compileSchema();
  const folder = join(import.meta.dirname, 'examples');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  for (const [at, text] of [...texts, ...examples].entries())
    t.same(validate(parse(text.replace(/^\ufeff/, ''))), [], files[at] ?? 'docs');
});

t.test('the schema refuses what an editor can see', async (t) => {
  const validate = await compileSchema();
  const top = { legacy: 'http://127.0.0.1:8080', routes: { '/a': 'legacy' } };
  const wrong: Record<string, unknown> = {
    'an unknown key': { ...top, lisen: '127.0.0.1:1' },
    'a misspelt target': { ...top, routes: { '/a': 'prot' } },
    'a share without %': { ...top, routes: { '/a': 'port 25' } },
    'a share over 100%': { ...top, routes: { '/a': 'port 120%' } },
    'a duration without a unit': { ...top, routes: { '/a': { to: 'port', timeout: 30 } } },
    'a session that is none': { ...top, routes: { '/a': { to: 'port', session: 'wirte' } } },
    'a route without to': { ...top, routes: { '/a': { session: 'none' } } },
    'no routes': { legacy: 'http://a' },
    'a guard in the wrong place': { ...top, guard: {} },
  };
  for (const [name, value] of Object.entries(wrong)) t.not(validate(value).length, 0, name);
  t.same(
    validate({ ...top, routes: { '/a': { to: '${TARGET}', timeout: '${TIME}' } } }),
    [],
    'variables pass',
  );
});

/** ajv is fastify's; only this test borrows it. */
async function compileSchema(): Promise<(value: unknown) => string[]> {
  const borrowed = createRequire(createRequire(import.meta.url).resolve('fastify'));
  const { default: Ajv } = (await import(borrowed.resolve('ajv'))) as {
    default: new (options: object) => {
      compile(
        schema: object,
      ): ((value: unknown) => boolean) & { errors?: { instancePath: string; message?: string }[] | null };
    };
  };
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false }).compile(jsonSchema());
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
