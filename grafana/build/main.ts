import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { dashboardFiles, folder } from './files.ts';

mkdirSync(folder, { recursive: true });
for (const { path, text } of dashboardFiles()) {
  writeFileSync(path, text);
  process.stdout.write(`${relative('.', path)}\n`);
}
