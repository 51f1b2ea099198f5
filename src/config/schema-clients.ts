import { row, type Setting } from './schema-row.ts';

/** What routes.yaml says about clients: how much they may do, and how long they may take. */
export const clientRows: readonly Setting[] = [
  row(
    'clients',
    'head',
    'size',
    '16kb',
    'The largest head of a request, its first line and all its fields; a larger one gets a 431.',
  ),
  row(
    'clients',
    'cookies',
    'size',
    '8190b',
    'All cookies of a request together; more get a 431. Apache takes no longer field (LimitRequestFieldSize).',
  ),
  row(
    'clients',
    'upload',
    'size',
    null,
    'The largest body of a request; a larger one gets a 413. Else the disk is the limit.',
  ),
  row(
    'clients',
    'connections',
    '1 to 100000',
    '10000',
    'How many connections may be open at once; the next one is closed.',
  ),
  row(
    'clients',
    'head-time',
    'duration',
    '60s',
    'How long the head of a request may take to come; then it gets a 408.',
  ),
  row(
    'clients',
    'stall',
    'duration',
    '60s',
    'A body of which less than 1 kB comes in this time is not waited for; it gets a 408.',
  ),
  row('clients', 'idle', 'duration', '15s', 'How long a connection is kept on which nothing is asked.'),
];
