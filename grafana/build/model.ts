/** The part of Grafana's classic dashboard format that we write (schemaVersion 39; newer Grafanas migrate it). */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: 39;
  readonly version: 1;
  readonly editable: true;
  readonly graphTooltip: 1; // a shared crosshair
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timezone: 'browser';
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly never[] };
  readonly links: readonly never[];
  readonly panels: readonly Panel[];
}

/** Where a panel gets its data; always the variable, so that the file fits every Grafana. */
export interface Datasource {
  readonly type: 'prometheus';
  readonly uid: '${datasource}';
}

/** A variable at the top of the dashboard. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: 'datasource' | 'query';
  readonly query: string | { readonly qryType: 1; readonly query: string; readonly refId: string };
  /** The query of a `query` variable once more, as its editor shows it. */
  readonly definition?: string;
  /** What stands for "All" in a query. */
  readonly allValue?: string;
  readonly [more: string]: unknown;
}

export type PanelType = 'timeseries' | 'heatmap' | 'stat';

/** A panel in its place. */
export interface Panel {
  readonly id: number;
  readonly type: PanelType;
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly datasource: Datasource;
  readonly fieldConfig: { readonly defaults: FieldDefaults; readonly overrides: readonly Override[] };
  readonly options: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
}

/** Columns and rows; the grid is 24 columns wide. */
export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What holds for every series of a panel, unless an override says otherwise. */
export interface FieldDefaults {
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  readonly custom?: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

/** What holds for the series whose name matches. */
export interface Override {
  readonly matcher: { readonly id: 'byRegexp'; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

/** One query. */
export interface Target {
  readonly refId: string;
  readonly datasource: Datasource;
  readonly expr: string;
  readonly legendFormat: string;
  readonly format: 'time_series' | 'heatmap';
  readonly range: boolean;
  readonly instant: boolean;
  readonly editorMode: 'code';
}
