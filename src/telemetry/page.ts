import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';

/** The page of a registry, one metric at a time: in one go, that of 1,000 routes would keep every visitor waiting. */
export async function writePage(registry: Registry): Promise<string> {
  const parts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    parts.push(await registry.getSingleMetricAsString(name));
    await setImmediate();
  }
  return `${parts.join('\n\n')}\n`;
}
