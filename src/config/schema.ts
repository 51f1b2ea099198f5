/** The maps of routes.yaml that have settings in them. */
export const sectionNames = [
  'file',
  'admin',
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

const row = (
  section: SectionName,
  key: string,
  type: string,
  fallback: string | null,
  sentence: string,
): Setting => ({ section, key, type, fallback, sentence });

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
  row('file', 'admin', 'host:port or map', '127.0.0.1:9901', 'Where metrics and the console are served.'),
  withStandIn(
    row('file', 'legacy', 'http(s)://host:port', null, 'The server that runs the Perl. Required.'),
    'http://legacy.invalid',
  ),
  row('file', 'upstreams', 'map', null, 'More servers that run old scripts: a name, and its address or map.'),
  row(
    'file',
    'ports',
    'folder or map',
    './ports',
    'The folder of the TypeScript ports, relative to the file.',
  ),
  row('file', 'session', 'map', null, 'Where sessions are kept; without it no request takes a turn.'),
  row(
    'file',
    'max-body',
    'size',
    '1mb',
    'Request bodies up to this are kept in memory, and only their parameters can choose a route.',
  ),
  row('file', 'defaults', 'map', null, 'What routes use where they say nothing else.'),
  row('file', 'routes', 'map', null, 'Which side serves what. Required.'),

  row('admin', 'listen', 'host:port', '127.0.0.1:9901', 'Where metrics and the console are served.'),
  row(
    'admin',
    'token',
    'text',
    null,
    'Who shows it may choose a side for a request, and give testers links; from the environment, 16 characters or more.',
  ),

  withStandIn(
    row('upstream', 'url', 'http(s)://host:port', null, 'The server. Required.'),
    'http://upstream.invalid',
  ),
  row('upstream', 'timeout', 'duration', null, 'What its routes use where they say nothing else.'),

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
  row('lock', 'hold', 'duration', null, 'Not acted on in this version.'),

  row(
    'defaults',
    'session',
    'none, read or write',
    'write',
    'What a route may do to the session; none where the file has no session map.',
  ),
  row('defaults', 'timeout', 'duration', '30s', 'How long a side may take until its answer begins.'),
  row('defaults', 'upstream', 'name', null, 'Which of the upstreams runs the old script; else legacy.'),
  row(
    'defaults',
    'sticky',
    'session, ip, none, cookie:NAME or header:NAME',
    'session',
    'By what visitors are told apart where the port gets a share.',
  ),
  row('defaults', 'only', 'map', null, 'Who may get the port at all; legacy serves all others.'),
  row(
    'defaults',
    'fallback',
    'legacy or error',
    'legacy',
    'What a visitor gets when the port fails before it has committed.',
  ),
  row('defaults', 'shadow', 'map', null, 'How the two sides are compared.'),
  row(
    'defaults',
    'guard',
    'map or none',
    null,
    'When the route is moved back. Not acted on in this version.',
  ),
  row('defaults', 'ramp', 'map or none', null, 'The steps by which a share grows.'),
  row('defaults', 'owner', 'text', null, 'Who is asked about the routes.'),
  row('defaults', 'notes', 'text', null, 'Whatever should be known of the routes.'),

  row('route', 'to', 'target', null, 'Who serves the route: see the targets above. Required.'),
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
  row('route', 'upstream', 'name', null, 'Which of the upstreams runs the old script; else legacy.'),
  row(
    'route',
    'sticky',
    'session, ip, none, cookie:NAME or header:NAME',
    null,
    'By what visitors are told apart where the port gets a share.',
  ),
  row('route', 'only', 'map', null, 'Who may get the port at all; legacy serves all others.'),
  row(
    'route',
    'fallback',
    'legacy or error',
    null,
    'What a visitor gets when the port fails before it has committed.',
  ),
  row('route', 'shadow', 'map', null, 'How the two sides are compared.'),
  row('route', 'guard', 'map or none', null, 'When the route is moved back. Not acted on in this version.'),
  row('route', 'ramp', 'map or none', null, 'The steps by which a share grows.'),
  row('route', 'owner', 'text', null, 'Who is asked about the route.'),
  row('route', 'notes', 'text', null, 'Whatever should be known of the route.'),

  row(
    'only',
    'cookie',
    'NAME or NAME=VALUE',
    null,
    'Visitors with this cookie; a list names several values.',
  ),
  row('only', 'header', 'NAME or NAME=VALUE', null, 'Requests with this header.'),
  row('only', 'param', 'NAME or NAME=VALUE', null, 'Requests with this parameter.'),
  row(
    'only',
    'ip',
    'address or network',
    null,
    'Visitors from here, such as 10.0.0.0/8; a list names several.',
  ),
  row('only', 'session', 'id or label', null, 'These sessions.'),

  row('ramp', 'steps', 'percentages', null, 'Rising shares, such as [1%, 5%, 25%, 100%]. Required.'),
  row('ramp', 'every', 'duration', null, 'How long a step lasts.'),
  row('ramp', 'hold-at', 'percentage', null, 'The share at which a person is waited for.'),
  row(
    'ramp',
    'start',
    'manual or now',
    'manual',
    'Who takes the steps: banyan ramp ROUTE --next, or the gateway (not in this version).',
  ),

  row('guard', 'window', 'duration', '5m', 'The time that is looked at.'),
  row('guard', 'min-requests', '1 to 1000000', '100', 'With fewer requests nothing is said.'),
  row('guard', 'errors', 'percentage', null, 'How many more errors than legacy the port may have.'),
  row(
    'guard',
    'p50',
    'duration or Nx',
    null,
    'How long half of the answers may take; 2x is twice as long as legacy.',
  ),
  row('guard', 'p95', 'duration or Nx', null, 'The same for 95 of 100.'),
  row('guard', 'p99', 'duration or Nx', null, 'The same for 99 of 100.'),
  row('guard', 'mismatches', 'percentage', null, 'How many compared answers may differ.'),
  row('guard', 'fallbacks', 'percentage', null, 'How often legacy may have to answer for the port.'),
  row('guard', 'lock-timeouts', 'percentage', null, 'How many requests may wait for their turn in vain.'),
  row(
    'guard',
    'on-breach',
    'rollback, pause or alert',
    'rollback',
    'What happens then: back to the share before, no further step, or only a word.',
  ),

  row('shadow', 'sample', 'percentage', '100%', 'Of how many requests the other side is run.'),
  row(
    'shadow',
    'effects',
    'rollback or twice',
    'rollback',
    'What becomes of what the other side writes; twice lets old scripts write a second time.',
  ),
  row('shadow', 'timeout', 'duration', null, 'How long the other side may take.'),
  row('shadow', 'compare', 'map', null, 'What is compared, and what may differ.'),

  row('compare', 'headers', 'names', null, 'The header fields that are compared.'),
  row('compare', 'body', 'bytes, text, html or json', 'bytes', 'As what bodies are compared.'),
  row(
    'compare',
    'ignore',
    'rules',
    null,
    "What may differ: 'css SELECTOR', 'json $.path', 'line /re/', 'header NAME', 'attr NAME', 'order CSS or $.path'.",
  ),
  row('compare', 'normalise', 'replacements', null, "What is made alike first: 's/re/text/flags'."),
  row('compare', 'session', 'exact or map', 'exact', 'How sessions are compared.'),

  row('compared session', 'ignore', 'names', null, 'Keys of the session that may differ.'),
]);

/** The settings of one section. */
export function settingsOf(section: SectionName): Setting[] {
  return settings.filter((setting) => setting.section === section);
}

/** The setting of a section with this key, or null. */
export function settingOf(section: SectionName, key: string): Setting | null {
  return settings.find((setting) => setting.section === section && setting.key === key) ?? null;
}
