/** The maps of routes.yaml that have settings in them. */
export type SectionName = 'file' | 'ports' | 'session' | 'lock' | 'defaults' | 'route';

/** One setting. What may be written, what is suggested for a slip, and docs/routes.md all come from this row. */
export interface Setting {
  readonly section: SectionName;
  readonly key: string;
  /** What the value looks like; `later` is a word of the full grammar that this version does not do. */
  readonly type: string;
  /** The value when it is left out, as it would be written; null where there is none. */
  readonly fallback: string | null;
  readonly sentence: string;
  /** What is read instead when its variable is not set and the reader only wants to look at the routes. */
  readonly standIn?: string;
}

const row = (
  section: SectionName,
  key: string,
  type: string,
  fallback: string | null,
  sentence: string,
): Setting => ({ section, key, type, fallback, sentence });

const later = (section: SectionName, ...keys: string[]): Setting[] =>
  keys.map((key) => row(section, key, 'later', null, 'Comes in a later version.'));

const withStandIn = (setting: Setting, standIn: string): Setting => ({ ...setting, standIn });

/** Every setting there is, in the order of the documentation. */
export const settings: readonly Setting[] = Object.freeze([
  row('file', 'version', '1', '1', 'The version of the grammar.'),
  row('file', 'base', 'path', null, 'A path such as /cgi-bin/ that the keys of routes may leave out.'),
  row(
    'file',
    'listen',
    'host:port',
    '127.0.0.1:8000',
    'Where browsers, or the web server in front, reach the gateway.',
  ),
  row('file', 'admin', 'host:port', '127.0.0.1:9901', 'Where metrics and the console are served.'),
  withStandIn(
    row('file', 'legacy', 'http(s)://host:port', null, 'The server that runs the Perl. Required.'),
    'http://legacy.invalid',
  ),
  row(
    'file',
    'ports',
    'folder or map',
    './ports',
    'The folder of the TypeScript ports, relative to the file.',
  ),
  row('file', 'session', 'map', null, 'Where sessions are kept; without it no request takes a turn.'),
  row('file', 'defaults', 'map', null, 'What routes use where they say nothing else.'),
  row('file', 'routes', 'map', null, 'Which side serves what. Required.'),
  ...later('file', 'upstreams', 'guard', 'ramp', 'shadow', 'sticky', 'fallback', 'max-body'),

  row('ports', 'dir', 'folder', './ports', 'The folder of the TypeScript ports, relative to the file.'),
  row('ports', 'hosts', '1 to 64', '1', 'How many processes run the ports.'),
  row(
    'ports',
    'database',
    'mysql:// address',
    null,
    'The database of the ports, where the sessions are in files; else it is that of the sessions.',
  ),

  row(
    'session',
    'format',
    'cgi-session, apache-session or rows',
    'cgi-session',
    'Whose sessions they are; rows is one row for each key, as OTRS keeps them.',
  ),
  withStandIn(
    row(
      'session',
      'store',
      'mysql:// or file:// address',
      null,
      'Where the sessions are: docs/sessions.md has every form. Required.',
    ),
    'mysql://user@database.invalid/database',
  ),
  row(
    'session',
    'serializer',
    'a name',
    null,
    'How a session is written down, by its name in docs/sessions.md; else dumper, or storable for apache-session.',
  ),
  row(
    'session',
    'cookie',
    'name',
    'CGISESSID',
    'The cookie that carries the session id, and the parameter that may.',
  ),
  row(
    'session',
    'path',
    'text with {id}',
    null,
    'Where the id stands in a path, such as /sid={id}; it goes before the cookie.',
  ),
  row(
    'session',
    'trace',
    'off, keys or values',
    'keys',
    'What the timeline remembers of a session: which keys changed, or their masked values too.',
  ),
  row(
    'session',
    'keep',
    'duration',
    null,
    'How long the timeline is kept in the table banyan_timeline, for all gateways; else only in memory.',
  ),
  row(
    'session',
    'nested',
    'allow or refuse',
    'allow',
    'What becomes of a request that a script makes within its own turn without the lease token.',
  ),
  row(
    'session',
    'nested-from',
    'addresses',
    null,
    'Whose requests are taken for nested ones, such as 10.0.0.5, 10.0.0.6; else the host of legacy, unless it is this one.',
  ),
  row('session', 'lock', 'map', null, 'How requests of one session wait for each other.'),

  row('lock', 'wait', 'duration', '10s', 'How long a request waits for its turn before it gets a 503.'),
  row('lock', 'queue', '1 to 10000', '50', 'How many requests of one session may wait at once.'),
  row(
    'lock',
    'kind',
    'auto, names or table',
    'auto',
    'How gateways exclude each other: with GET_LOCK, or with leases in the table banyan_locks (Galera).',
  ),
  ...later('lock', 'hold'),

  row(
    'defaults',
    'session',
    'none, read or write',
    'write',
    'What a route may do to the session; none where the file has no session map.',
  ),
  row('defaults', 'timeout', 'duration', '30s', 'How long a side may take until its answer begins.'),
  ...later('defaults', 'upstream', 'sticky', 'only', 'fallback', 'shadow', 'guard', 'ramp', 'owner', 'notes'),

  row('route', 'to', 'legacy, port or port N%', null, 'Who serves the route. Required.'),
  row('route', 'name', 'word', null, 'What the route is called; by default it is made from its key.'),
  row('route', 'session', 'none, read or write', null, 'What the route may do to the session.'),
  row(
    'route',
    'port',
    'file',
    null,
    'The TypeScript file, relative to routes.yaml; by default the script name in the ports folder.',
  ),
  row('route', 'timeout', 'duration', null, 'How long a side may take until its answer begins.'),
  ...later('route', 'upstream', 'sticky', 'only', 'fallback', 'shadow', 'guard', 'ramp', 'owner', 'notes'),
]);

/** The settings of one section. */
export function settingsOf(section: SectionName): Setting[] {
  return settings.filter((setting) => setting.section === section);
}

/** The setting of a section with this key, or null. */
export function settingOf(section: SectionName, key: string): Setting | null {
  return settings.find((setting) => setting.section === section && setting.key === key) ?? null;
}
