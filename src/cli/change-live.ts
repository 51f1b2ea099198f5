import { setTimeout as pause } from 'node:timers/promises';
import { loadText } from '../config/disk.ts';
import type { Settings } from '../config/settings.ts';
import { textHash } from '../config/text-hash.ts';

/** What the gateway makes of a text that was just written. */
export type Live =
  | { readonly state: 'running'; readonly ms: number }
  | { readonly state: 'refused'; readonly message: string }
  /** Somebody wrote another text since. */
  | { readonly state: 'overtaken' }
  /** A gateway answers, but in all the time it did not take the text. */
  | { readonly state: 'elsewhere'; readonly admin: string }
  | { readonly state: 'absent'; readonly admin: string };

const patienceMs = 2_000;
const pollMs = 15;

/** Asks the gateway of a file until it says what became of a text, up to 2 s; where none answers, no longer. */
export async function becomesLive(settings: Settings, hash: string, writtenAtMs: number): Promise<Live> {
  const { host, tcpPort } = settings.admin;
  const admin = `${host.includes(':') ? `[${host}]` : host}:${tcpPort}`;
  const until = writtenAtMs + patienceMs;
  let hasAnswered = false;
  for (;;) {
    const status = await ask(`http://${admin}/config`, Math.max(1, until - performance.now()));
    if (status === null) return { state: hasAnswered ? 'elsewhere' : 'absent', admin };
    hasAnswered = true;
    if (status.hash === hash) return { state: 'running', ms: Math.round(performance.now() - writtenAtMs) };
    if (status.refused?.hash === hash)
      return { state: 'refused', message: reasonOf(status.refused.findings) };
    if (performance.now() > until || status.hash === undefined) return { state: 'elsewhere', admin };
    if (await isOther(settings.file, hash)) return { state: 'overtaken' };
    await pause(pollMs);
  }
}

/** The answer to GET /config, as far as it matters here. */
interface Status {
  readonly hash?: string;
  readonly refused?: { readonly hash: string | null; readonly findings: readonly Partial<Told>[] } | null;
}

interface Told {
  readonly line: number;
  readonly severity: string;
  readonly message: string;
}

/** Null where nobody answers; empty where whoever answers knows no /config. */
async function ask(url: string, ms: number): Promise<Status | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(Math.ceil(ms)) });
    const status: unknown = answer.ok ? await answer.json() : null;
    return typeof status === 'object' && status !== null ? status : {};
  } catch {
    return null;
  }
}

async function isOther(file: string, hash: string): Promise<boolean> {
  return loadText(file).then(
    (text) => textHash(text) !== hash,
    () => true,
  );
}

function reasonOf(findings: readonly Partial<Told>[]): string {
  const first = findings.find(({ severity }) => severity !== 'warning');
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return first === undefined ? 'it says no reason' : `line ${first.line}: ${first.message}${more}`;
}
