import type { SectionName, Setting } from './schema-row.ts';
import { routeRows } from './schema-routes.ts';
import { clientRows } from './schema-clients.ts';
import { portRows } from './schema-ports.ts';
import { siteRows } from './schema-site.ts';

/** Every setting there is, in the order of the documentation: what may be written, suggested and published. */
export const settings: readonly Setting[] = Object.freeze([
  ...siteRows,
  ...portRows,
  ...clientRows,
  ...routeRows,
]);

/** The settings of one section. */
export function settingsOf(section: SectionName): Setting[] {
  return settings.filter((setting) => setting.section === section);
}

/** The setting of a section with this key, or null. */
export function settingOf(section: SectionName, key: string): Setting | null {
  return settings.find((setting) => setting.section === section && setting.key === key) ?? null;
}
