import { row, type Setting } from './schema-row.ts';

/** What routes.yaml says about what runs the ports. */
export const portRows: readonly Setting[] = [
  row('ports', 'dir', 'folder', './ports', 'The folder of the TypeScript ports, relative to the file.'),
  row('ports', 'hosts', '1 to 64', '1', 'How many processes run the ports; workers share them out.'),
  row(
    'ports',
    'memory',
    'size',
    '1gb',
    'A process of ports that takes more is replaced; twice as much ends it.',
  ),
  row(
    'ports',
    'watchdog',
    'duration',
    '5s',
    'A process of ports that does nothing but loop for so long is ended.',
  ),
  row(
    'ports',
    'url',
    'http://host:port or unix:/path',
    null,
    'A port host that somebody else has started, in place of our own processes.',
  ),
  row(
    'ports',
    'database',
    'mysql:// address',
    null,
    'The database of the ports, where the sessions are in files; else it is that of the sessions.',
  ),
];
