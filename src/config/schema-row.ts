/** The maps of routes.yaml that have settings in them. */
export const sectionNames = [
  'file',
  'tls',
  'admin',
  'clients',
  'upstream',
  'ports',
  'session',
  'lock',
  'defaults',
  'route',
  'only',
  'ramp',
  'guard',
  'shadow',
  'compare',
  'compared session',
] as const;

/** One of them. */
export type SectionName = (typeof sectionNames)[number];

/** One setting. What may be written, what is suggested for a slip, and docs/routes.md all come from this row. */
export interface Setting {
  readonly section: SectionName;
  readonly key: string;
  /** What the value looks like. */
  readonly type: string;
  /** The value when it is left out, as it would be written; null where there is none. */
  readonly fallback: string | null;
  readonly sentence: string;
  /** What is read instead when its variable is not set and the reader only wants to look at the routes. */
  readonly standIn?: string;
}

/** One row of the table. */
export const row = (
  section: SectionName,
  key: string,
  type: string,
  fallback: string | null,
  sentence: string,
): Setting => ({ section, key, type, fallback, sentence });

/** The same with something to read where its variable is not set. */
export const withStandIn = (setting: Setting, standIn: string): Setting => ({ ...setting, standIn });
