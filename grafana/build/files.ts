import { join } from 'node:path';
import type { Dashboard } from './model.ts';
import { oldAgainstNew } from './old-against-new.ts';

/** Every dashboard there is. */
export const dashboards: readonly Dashboard[] = [oldAgainstNew];

/** Where the JSON goes. */
export const folder = join(import.meta.dirname, '../dashboards');

/** The files in `grafana/dashboards`: what `npm run grafana` writes, byte for byte. */
export function dashboardFiles(): { path: string; text: string }[] {
  return dashboards.map((each) => ({
    path: join(folder, `${each.uid}.json`),
    text: `${JSON.stringify(each, null, 2)}\n`,
  }));
}
