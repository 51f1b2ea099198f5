import type { Dashboard, Panel } from '../../grafana/build/model.ts';

const gridWidth = 24;

/** What is wrong with the places of the panels: empty where they cover the grid once, without a hole. */
export function misplaced(panels: readonly Panel[]): string[] {
  const wrong: string[] = [];
  const taken = new Map<string, string>();
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  for (const { title, gridPos } of panels) {
    const { x, y, w, h } = gridPos;
    if (x < 0 || w < 1 || x + w > gridWidth) wrong.push(`${title} sticks out: x ${x}, w ${w}`);
    for (const cell of cells(x, y, w, h)) {
      const other = taken.get(cell);
      if (other !== undefined && other !== title) wrong.push(`${title} lies on ${other} at ${cell}`);
      taken.set(cell, title);
    }
  }
  for (const cell of cells(0, 0, gridWidth, bottom)) if (!taken.has(cell)) wrong.push(`nothing at ${cell}`);
  return wrong;
}

function cells(x: number, y: number, w: number, h: number): string[] {
  return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
}

/** The metrics that a PromQL expression names: what is left of its words without labels, ranges, functions, groupings. */
export function metricsOf(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()/g)].map(([name]) => name);
}

/** Every query of a dashboard, with the panel it is in. */
export function queriesOf(dashboard: Dashboard) {
  return dashboard.panels.flatMap((panel) => panel.targets.map((target) => ({ panel, target })));
}

/** The names of families that a /metrics page declares, and of the series that its histograms have. */
export function namesIn(page: string): Set<string> {
  const names = new Set<string>();
  for (const [, name, type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`);
    else names.add(name as string);
  }
  return names;
}
