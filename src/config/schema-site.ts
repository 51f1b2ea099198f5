import { row, type Setting, withStandIn } from './schema-row.ts';

/** What routes.yaml says about the site: addresses, sessions, ports. */
export const siteRows: readonly Setting[] = [
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
];
