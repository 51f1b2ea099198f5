import { dashboard, graph, heatMap, override, stat, type Loose, type Row } from './builder.ts';
import type { Dashboard } from './model.ts';
import { variables } from './variables.ts';
import { bars, blue, bySide, newOf, ofRoute, quantiles, rateOf, served, stacked } from './words.ts';

const traffic: Row = {
  height: 8,
  panels: [
    graph(
      {
        title: 'Requests by side',
        description:
          'Requests answered each second, by the side whose answer was sent. "none": the gateway answered itself, ' +
          'because no side could or was asked to.',
        unit: 'reqps',
        queries: [['{{side}}', `sum by (side) (${rateOf('banyan_requests_total', ofRoute)})`]],
      },
      { custom: stacked, overrides: bySide },
    ),
    graph(
      {
        title: 'Share on ports',
        description:
          'What part of the requests a port answered. With "port 50%" it is near a half, not at it: sessions are ' +
          'dealt out, and some send more requests than others. "set" is the mean of what routes.yaml says.',
        unit: 'percentunit',
        queries: [
          [
            'port answered',
            `sum(${rateOf('banyan_requests_total', `${ofRoute}, side="port"`)}) / ` +
              `sum(${rateOf('banyan_requests_total', ofRoute)})`,
          ],
          ['set', `avg(banyan_route_port_ratio{${ofRoute}})`],
        ],
      },
      {
        defaults: { max: 1 },
        overrides: [
          override('^port', { color: blue }),
          override('^set$', {
            'custom.lineStyle': { fill: 'dash', dash: [6, 6] },
            color: { mode: 'fixed', fixedColor: 'gray' },
          }),
        ],
      },
    ),
  ],
};

const comparison: Row = {
  height: 8,
  panels: [
    graph(
      {
        title: 'Errors by side',
        description:
          "The part of a side's runs that ended in a 5xx answer, a timeout or an exception. A port that fails counts " +
          'here even where legacy then answered for it (see Fallbacks).',
        unit: 'percentunit',
        queries: [
          [
            '{{side}}',
            `sum by (side) (${rateOf('banyan_side_results_total', `${served}, result=~"server_error|timeout|exception"`)}) / ` +
              `sum by (side) (${rateOf('banyan_side_results_total', served)})`,
          ],
        ],
      },
      { overrides: bySide },
    ),
    graph(
      {
        title: 'Time by side: p50 and p95',
        description:
          'How long a side took, waiting for the session not included; dashed: p95. Interpolated within buckets: p95 ' +
          'may be off by a third, so look here for trends and not for proof. Failed runs are in it.',
        unit: 's',
        queries: quantiles('side', 'banyan_side_duration_seconds', served, 50, 95),
      },
      { overrides: [...bySide, override('p95$', { 'custom.lineStyle': { fill: 'dash', dash: [6, 4] } })] },
    ),
  ],
};

const timesOf = (side: 'legacy' | 'port', scheme: string): Loose =>
  heatMap(
    {
      title: `Times of ${side}`,
      description: `How many runs of ${side} took how long. Both maps have the same buckets, 1 ms to 10 s.`,
      unit: 's',
      queries: [
        [
          '{{le}}',
          `sum by (le) (${newOf('banyan_side_duration_seconds_bucket', `${served}, side="${side}"`)})`,
        ],
      ],
    },
    scheme,
  );

const safety: Row = {
  height: 8,
  panels: [
    graph(
      {
        title: 'Fallbacks',
        description:
          'A port failed before it had changed anything, and legacy answered the same request. The log says why.',
        unit: 'short',
        queries: [
          ['{{route}} {{reason}}', `sum by (route, reason) (${newOf('banyan_fallbacks_total', ofRoute)})`],
        ],
      },
      { custom: bars },
    ),
    graph(
      {
        title: 'Races prevented',
        description:
          'Requests that found their session busy and waited. Without the turn two of them would have worked on one ' +
          'session at once, and what one wrote might have been lost.',
        unit: 'short',
        queries: [['{{route}}', `sum by (route) (${newOf('banyan_session_overlaps_total', ofRoute)})`]],
      },
      { custom: bars },
    ),
    graph(
      {
        title: 'Lock timeouts and lost locks',
        description:
          'Timeouts: requests told 503 because their turn did not come, or too many waited for it. Lost: turns that ' +
          'went with their database connection, of all routes. Both should be 0.',
        unit: 'short',
        queries: [
          ['{{route}} timeouts', `sum by (route) (${newOf('banyan_session_lock_timeouts_total', ofRoute)})`],
          ['lost', `sum(${newOf('banyan_session_locks_lost_total')})`],
        ],
      },
      { custom: bars, overrides: [override('^lost$', { color: { mode: 'fixed', fixedColor: 'red' } })] },
    ),
  ],
};

const locks: Row = {
  height: 8,
  panels: [
    graph({
      title: 'Wait for the session',
      description:
        'How long requests waited for their turn, of all routes: "local" in the queue of this gateway, "mysql" for ' +
        'other gateways. Requests that gave up are not in it; see Lock timeouts.',
      unit: 's',
      queries: quantiles('scope', 'banyan_session_lock_wait_seconds', '', 50, 95, 99),
    }),
    graph({
      title: 'Turns held and waited for',
      description:
        'Sessions that are being worked on now, and requests that wait for one, of all routes and gateways.',
      unit: 'short',
      queries: [
        ['held', 'sum(banyan_session_locks_held)'],
        ['waiting', 'sum(banyan_session_lock_waiters)'],
      ],
    }),
  ],
};

const gateway: Row = {
  height: 6,
  widths: [6, 18],
  panels: [
    stat(
      {
        title: 'routes.yaml',
        description:
          'Whether every gateway took over routes.yaml when it last changed. If not, the last good one serves.',
        unit: 'none',
        queries: [['routes.yaml', 'min(banyan_config_last_reload_successful)']],
      },
      {
        mappings: [
          {
            type: 'value',
            options: {
              0: { text: 'refused', color: 'red', index: 0 },
              1: { text: 'in use', color: 'green', index: 1 },
            },
          },
        ],
      },
    ),
    graph(
      {
        title: 'Port host',
        description:
          'Starts and ends of the process that ports run in. An end that nobody asked for is a crash or a port that hung.',
        unit: 'short',
        queries: [['{{event}}', `sum by (event) (${newOf('banyan_port_host_events_total')})`]],
      },
      {
        custom: bars,
        overrides: [
          override('^started$', { color: { mode: 'fixed', fixedColor: 'green' } }),
          override('^ended$', { color: { mode: 'fixed', fixedColor: 'red' } }),
        ],
      },
    ),
  ],
};

/** Old against new: the same questions asked of the Perl and of its replacement, one beside the other. */
export const oldAgainstNew: Dashboard = dashboard(
  {
    uid: 'banyan-old-against-new',
    title: 'banyan: old against new',
    description: 'The Perl (orange) and its TypeScript replacement (blue), for the routes chosen above.',
  },
  variables,
  [
    traffic,
    comparison,
    { height: 8, panels: [timesOf('legacy', 'Oranges'), timesOf('port', 'Blues')] },
    safety,
    locks,
    gateway,
  ],
);
