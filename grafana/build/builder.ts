import type {
  Dashboard,
  Datasource,
  FieldDefaults,
  Override,
  Panel,
  PanelType,
  Target,
  Variable,
} from './model.ts';

const gridWidth = 24;
const datasource: Datasource = { type: 'prometheus', uid: '${datasource}' };

/** A query and the name of its series, with `{{label}}` where a label's value belongs. */
export type Query = readonly [legend: string, expr: string];

/** What every panel must say. */
export interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** A panel that has no id and no place yet. */
export type Loose = Omit<Panel, 'id' | 'gridPos'>;

/** Panels side by side: of one height, and of one width unless `widths` says otherwise. */
export interface Row {
  readonly height: number;
  readonly panels: readonly Loose[];
  readonly widths?: readonly number[];
}

/** Lines over time. `custom` is how they are drawn, `defaults` the rest of the axis. */
export function graph(
  text: PanelText,
  look: {
    custom?: Record<string, unknown>;
    defaults?: Partial<FieldDefaults>;
    overrides?: readonly Override[];
  } = {},
): Loose {
  const custom = { drawStyle: 'line', lineWidth: 1, fillOpacity: 0, showPoints: 'never', ...look.custom };
  const options = {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'none' },
  };
  return panel('timeseries', text, { min: 0, ...look.defaults, custom }, look.overrides ?? [], options);
}

/** How many requests took how long: one column a step, one cell a bucket. `scheme` is one of Grafana's colour scales. */
export function heatMap(text: PanelText, scheme: string): Loose {
  const options = {
    calculate: false, // the buckets are Prometheus' own
    cellGap: 1,
    cellValues: { unit: 'short' },
    color: { mode: 'scheme', scheme, exponent: 0.5, steps: 64, fill: 'dark-orange', reverse: false },
    filterValues: { le: 1e-9 },
    legend: { show: true },
    rowsFrame: { layout: 'auto' },
    tooltip: { mode: 'single', yHistogram: false },
    yAxis: { unit: text.unit, axisPlacement: 'left', reverse: false },
  };
  return panel('heatmap', text, {}, [], options);
}

/** One word or number of now. */
export function stat(text: PanelText, defaults: Partial<FieldDefaults>): Loose {
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false };
  const options = { reduceOptions, colorMode: 'background', graphMode: 'none', textMode: 'auto' };
  return panel('stat', text, defaults, [], options);
}

function panel(
  type: PanelType,
  { title, description, unit, queries }: PanelText,
  defaults: Partial<FieldDefaults>,
  overrides: readonly Override[],
  options: Panel['options'],
): Loose {
  const format = type === 'heatmap' ? 'heatmap' : 'time_series';
  const when = { range: type !== 'stat', instant: type === 'stat' };
  const targets = queries.map(([legendFormat, expr], at): Target => ({
    refId: String.fromCharCode(65 + at),
    datasource,
    expr,
    legendFormat,
    format,
    ...when,
    editorMode: 'code',
  }));
  return {
    type,
    title,
    description,
    datasource,
    fieldConfig: { defaults: { unit, ...defaults }, overrides },
    options,
    targets,
  };
}

/** Changes the looks of the series whose names match. */
export function override(regexp: string, properties: Readonly<Record<string, unknown>>): Override {
  return {
    matcher: { id: 'byRegexp', options: regexp },
    properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
  };
}

/** Puts rows under one another and numbers their panels. */
export function dashboard(
  head: Pick<Dashboard, 'uid' | 'title' | 'description'>,
  variables: readonly Variable[],
  rows: readonly Row[],
): Dashboard {
  const panels: Panel[] = [];
  let y = 0;
  for (const { height, panels: loose, widths } of rows) {
    let x = 0;
    for (const [at, each] of loose.entries()) {
      const w = widths?.[at] ?? gridWidth / loose.length;
      panels.push({ id: panels.length + 1, gridPos: { x, y, w, h: height }, ...each });
      x += w;
    }
    y += height;
  }
  return {
    ...head,
    tags: ['banyan'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    templating: { list: variables },
    annotations: { list: [] },
    links: [],
    panels,
  };
}
