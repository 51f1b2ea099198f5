import type { Dashboard } from '../../grafana/build/model.ts';

/** One series of an answer: its labels and the values over time. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

const patienceMs = 30_000;

/** Asks one Prometheus. */
export class Asker {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async now(query: string): Promise<Series[]> {
    return (await this.#result('query', { query })).map(({ metric, value }) => ({
      metric,
      values: value === undefined ? [] : [Number(value[1])],
    }));
  }

  /** One value a second since `fromMs`. */
  async since(fromMs: number, query: string): Promise<Series[]> {
    const [start, end] = [fromMs / 1000, Date.now() / 1000];
    const result = await this.#result('query_range', { query, start: `${start}`, end: `${end}`, step: '1' });
    return result.map(({ metric, values }) => ({
      metric,
      values: (values ?? []).map(([, value]) => Number(value)),
    }));
  }

  /** Waits until a query gives a value that will do. */
  async until(query: string, willDo: (value: number) => boolean): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const value = (await this.now(query))[0]?.values[0];
      if (value !== undefined && willDo(value)) return;
      if (Date.now() > deadline)
        throw new Error(`after ${patienceMs} ms Prometheus says ${value} to: ${query}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The values of a dashboard's variable, as Grafana would list them. */
  async listed(dashboard: Dashboard, name: string): Promise<string[]> {
    const variable = dashboard.templating.list.find((each) => each.name === name);
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(variable?.definition ?? '') ?? [];
    return (await this.#data(`label/${label}/values`, { 'match[]': String(metric) })) as string[];
  }

  async #result(path: string, parameters: Record<string, string>) {
    const data = await this.#data(path, parameters);
    return (
      data as {
        result: { metric: Series['metric']; value?: [number, string]; values?: [number, string][] }[];
      }
    ).result;
  }

  async #data(path: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; error?: string; data: unknown };
    if (answer.status !== 'success') throw new Error(`${answer.error}, in: ${parameters['query'] ?? path}`);
    return answer.data;
  }
}

/** What Grafana writes for a variable of which these values are chosen, inside =~"…". */
export function chosen(values: readonly string[]): string {
  const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\\\$&'));
  return escaped.length === 1 ? (escaped[0] as string) : `(${escaped.join('|')})`;
}
