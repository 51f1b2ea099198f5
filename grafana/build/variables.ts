import type { Variable } from './model.ts';

/** What can be chosen at the top: where the data is, and which routes to look at. */
export const variables: Variable[] = [
  {
    name: 'datasource',
    label: 'Prometheus',
    type: 'datasource',
    query: 'prometheus',
    hide: 0,
    regex: '',
    current: {},
  },
  {
    name: 'route',
    label: 'Route',
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    definition: 'label_values(banyan_route_stage, route)',
    query: { qryType: 1, query: 'label_values(banyan_route_stage, route)', refId: 'route' },
    hide: 0,
    refresh: 2, // whenever the time range changes
    regex: '',
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+', // also routes that are gone from routes.yaml, and requests refused at the door
    current: { selected: true, text: ['All'], value: ['$__all'] },
  },
];
