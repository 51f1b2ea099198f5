import { row, type SectionName, type Setting } from './schema-row.ts';

/** What a route says besides its target and file, and `defaults` for all of them. */
const shared = (section: SectionName, sticky: string | null, fallback: string | null): Setting[] => [
  row(section, 'upstream', 'name', null, 'Which of the upstreams runs the old script; else legacy.'),
  row(
    section,
    'sticky',
    'session, ip, none, cookie:NAME or header:NAME',
    sticky,
    'By what visitors are told apart where the port gets a share.',
  ),
  row(section, 'only', 'map or none', null, 'Who may get the port at all; legacy serves all others.'),
  row(
    section,
    'fallback',
    'legacy or error',
    fallback,
    'What a visitor gets when the port fails before it has committed.',
  ),
  row(section, 'shadow', 'map', null, 'How the two sides are compared.'),
  row(section, 'guard', 'map or none', null, 'When the route is moved back. Not acted on in this version.'),
  row(section, 'ramp', 'map or none', null, 'The steps by which a share grows.'),
  row(section, 'owner', 'text', null, 'Who is asked about it.'),
  row(section, 'notes', 'text', null, 'Whatever should be known of it.'),
];

/** What routes.yaml says about its routes. */
export const routeRows: readonly Setting[] = [
  row(
    'defaults',
    'session',
    'none, read or write',
    'write',
    'What a route may do to the session; none where the file has no session map.',
  ),
  row('defaults', 'timeout', 'duration', '30s', 'How long a side may take until its answer begins.'),
  ...shared('defaults', 'session', 'legacy'),

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
  row(
    'route',
    'effects',
    'refused or accepted',
    'refused',
    'Whether the port may write to tables that do not roll back; once it has, legacy does not answer for it.',
  ),
  ...shared('route', null, null),

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
];
