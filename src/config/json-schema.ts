import type { SectionName, Setting } from './schema-row.ts';
import { settingsOf } from './schema.ts';

/** A piece of JSON Schema (draft-07), which editors read. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The schema of routes.yaml, made from the table of settings: what an editor completes and underlines. */
export function jsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'routes.schema.json',
    title: 'routes.yaml of banyan',
    ...mapOf('file'),
    required: ['legacy', 'routes'],
    definitions: {
      route: { anyOf: [targetSchema, { ...mapOf('route'), required: ['to'] }] },
    },
  };
}

function mapOf(section: SectionName): JsonSchema {
  const properties = settingsOf(section).map((setting) => [setting.key, schemaOf(setting)] as const);
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

function schemaOf(setting: Setting): JsonSchema {
  const { section, key, type, fallback, sentence } = setting;
  const extra = fallback === null ? {} : { default: fallback };
  return { description: sentence, ...extra, ...valueOf(section, key, type) };
}

function valueOf(section: SectionName, key: string, type: string): JsonSchema {
  if (key === 'routes') return { type: 'object', additionalProperties: { $ref: '#/definitions/route' } };
  const below =
    section === 'lock' || section === 'admin'
      ? undefined
      : (sectionBelow[`${section} ${key}`] ?? sectionBelow[key]);
  if (below === undefined) return scalarOf(type);
  if (key === 'upstreams') {
    return { type: 'object', additionalProperties: { anyOf: [text, mapOf('upstream')] } };
  }
  const map = mapOf(below);
  if (type === 'map') return map;
  // "host:port or map", "folder or map", "exact or map", "map or none"
  return { anyOf: [map, scalarOf(type.replace(/ or map$|^map or /, ''))] };
}

/** The map that stands behind a key. */
const sectionBelow: Readonly<Record<string, SectionName | undefined>> = {
  'file tls': 'tls',
  'file admin': 'admin',
  'file clients': 'clients',
  'file legacy': 'upstream',
  'file upstreams': 'upstream',
  'file ports': 'ports',
  'file session': 'session',
  'file defaults': 'defaults',
  'session lock': 'lock',
  'compare session': 'compared session',
  only: 'only',
  ramp: 'ramp',
  guard: 'guard',
  'defaults shadow': 'shadow',
  'route shadow': 'shadow',
  'shadow compare': 'compare',
};

/** To an editor `25` is a number and `yes` a truth value; to us every scalar is text. */
const text: JsonSchema = { type: ['string', 'number', 'boolean'] };
const matching = (pattern: string): JsonSchema => ({
  type: 'string',
  pattern: `${pattern}|\\$\\{`,
});
const listOf = (item: JsonSchema): JsonSchema => ({
  anyOf: [item, { type: 'array', items: item, minItems: 1 }],
});

const percent = String.raw`(100|\d{1,2})(\.\d+)?%`;
const duration = String.raw`\d+(\.\d+)? ?(ms|s|m|h|d)`;
const targetSchema: JsonSchema = {
  description: 'Who serves the route.',
  anyOf: [
    { enum: ['legacy', 'port', 'shadow', 'retired', 'port, shadow legacy'] },
    matching(
      `^(port|shadow) ${percent}$|^port ${percent}, ?shadow( ${percent})?$|^port, ?shadow legacy ${percent}$`,
    ),
  ],
};

/** What the words of the table's third column mean. */
const scalars: Readonly<Record<string, JsonSchema>> = {
  target: targetSchema,
  duration: matching(`^${duration}$`),
  percentage: matching(`^${percent}$`),
  percentages: listOf(matching(`^${percent}$`)),
  'duration or Nx': matching(String.raw`^${duration}$|^\d+(\.\d+)?x$`),
  size: matching('^\\d+([bB]|[kKmM][bB])$'),
  'size or 0': { anyOf: [{ const: 0 }, matching('^0$|^\\d+([bB]|[kKmMgG][bB])$')] },
  path: matching('^/'),
  'http(s)://host:port': matching('^https?://'),
  'mysql:// address': matching('^mysql://'),
  'mysql:// or file:// address': matching('^(mysql|file)://'),
  'session, ip, none, cookie:NAME or header:NAME': matching('^(session|ip|none|(cookie|header): ?.+)$'),
  'NAME or NAME=VALUE': listOf(text),
  'address or network': listOf(text),
  'addresses or networks': listOf(text),
  'id or label': listOf(text),
  names: listOf(text),
  rules: listOf(matching('^(css|json|line|header|attr|order) ')),
  replacements: listOf(matching('^s/')),
};

function scalarOf(type: string): JsonSchema {
  const known = scalars[type];
  if (known !== undefined) return known;
  const words = type.split(/, | or /);
  const isChoice = words.length > 1 && words.every((word) => /^[a-z-]+$/.test(word));
  if (type === 'none' || type === 'exact' || isChoice) return { anyOf: [{ enum: words }, matching('^$')] };
  return text;
}
