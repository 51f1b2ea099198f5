import type { UpstreamLimits } from '../routing/route.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, type Section, valueOf } from './fields.ts';
import { parseCount } from './read-parts.ts';

/**
 * Apache takes 150 requests at once (MaxRequestWorkers), and another gateway or a monitor may be there, too. Scripts that
 * are run here are processes beside ours.
 */
const usualAtOnce = { http: 64, cgi: 32 } as const;

/** Reads how much an upstream is given to do. What is faulty is as usual, and reported. */
export function readUpstreamLimits(desk: Desk, section: Section): UpstreamLimits {
  const usual = usualAtOnce[section.fields.has('cgi') ? 'cgi' : 'http'];
  const count = (key: string): number | null =>
    readAs(desk, valueOf(desk, section, key), key, (text) => parseCount(text, key, 10_000));
  return {
    atOnce: count('at-once') ?? usual,
    queue: count('queue') ?? 0,
    waitMs: readAs(desk, valueOf(desk, section, 'wait'), 'wait', (text) => parseDuration(text, 'wait')) ?? 0,
  };
}
