import { override, type Query } from './builder.ts';

/** The routes chosen at the top. */
export const ofRoute = 'route=~"$route"';
/** … and what visitors were given, not a trial run beside it. */
export const served = `${ofRoute}, role="serve"`;
const orange = { mode: 'fixed', fixedColor: 'orange' };
export const blue = { mode: 'fixed', fixedColor: 'blue' };
/** The same two colours everywhere; what the gateway answered itself is grey. */
export const bySide = [
  override('^legacy', { color: orange }),
  override('^port', { color: blue }),
  override('^none', { color: { mode: 'fixed', fixedColor: 'gray' } }),
];
/** One series on top of the other. */
export const stacked = { stacking: { mode: 'normal', group: 'A' }, fillOpacity: 40 };
/** Single events, that a line would smear. */
export const bars = { drawStyle: 'bars', fillOpacity: 60, stacking: { mode: 'normal', group: 'A' } };

/** Per second. */
export const rateOf = (metric: string, labels: string): string =>
  `rate(${metric}{${labels}}[$__rate_interval])`;
/** How many since the point before. */
export const newOf = (metric: string, labels = ''): string =>
  `increase(${metric}${labels === '' ? '' : `{${labels}}`}[$__rate_interval])`;

/** One query a percentile, one line each a value of `label`. */
export function quantiles(
  label: string,
  metric: string,
  labels: string,
  ...percents: readonly number[]
): Query[] {
  const rate = rateOf(`${metric}_bucket`, labels).replace('{}', '');
  return percents.map((percent) => [
    `{{${label}}} p${percent}`,
    `histogram_quantile(${percent / 100}, sum by (${label}, le) (${rate}))`,
  ]);
}
