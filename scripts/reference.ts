import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import { jsonSchema } from '../src/config/json-schema.ts';
import { settings } from '../src/config/schema.ts';

// Writes what is made from the one table of settings: routes.schema.json, and the table of docs/routes.md.
// npm run reference; a test fails while either is another.

const root = resolve(import.meta.dirname, '..');
const begin = '<!-- begin: made by npm run reference -->';
const end = '<!-- end -->';

/** The files as they should be, by their path in the repository. */
export async function reference(): Promise<Record<string, string>> {
  const page = readFileSync(join(root, 'docs/routes.md'), 'utf8');
  const [before = '', rest = ''] = page.split(begin);
  const after = rest.slice(rest.indexOf(end) + end.length);
  const schema = JSON.stringify(jsonSchema());
  return {
    'routes.schema.json': await format(schema, { parser: 'json', printWidth: 110 }),
    'docs/routes.md': `${before}${begin}\n\n${await format(table(), { parser: 'markdown' })}\n${end}${after}`,
  };
}

function table(): string {
  const rows = settings.map(({ section, key, type, fallback, sentence }) => {
    const place = section === 'file' ? '(top)' : section;
    return `| ${place} | \`${key}\` | ${type} | ${fallback === null ? '' : `\`${fallback}\``} | ${sentence} |`;
  });
  return ['| in | key | value | default | |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(await reference())) writeFileSync(join(root, file), text);
}
