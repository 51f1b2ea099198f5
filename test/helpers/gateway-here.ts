import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { compose, type Gateway } from '../../src/compose.ts';
import type { ExchangeRecord } from '../../src/record.ts';
import { realDisk } from '../../src/config/disk.ts';
import { settingsOf } from './settings.ts';

/** A gateway in this process, and what it has recorded. */
export interface GatewayHere extends Gateway {
  readonly records: ExchangeRecord[];
  /** Its routes.yaml. */
  readonly text: string;
  /** What it warned of. */
  readonly warnings: string[];
}

/**
 * Composes a gateway in the test's own process, in front of a legacy, with sessions in a folder of their own, whose
 * cookie is CGISESSID; it ends with the test. `routes` is the text below `routes:`, indented by two.
 */
export async function useGatewayHere(
  t: Test,
  legacy: string,
  routes: string,
  top = '',
): Promise<GatewayHere> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-sessions-'));
  const text = `listen: 127.0.0.1:0
admin: 127.0.0.1:0
legacy: ${legacy}
${top}drain: 10s
session:
  store: file://${folder}
  lock: { wait: 20s }
routes:
${routes}
`;
  const records: ExchangeRecord[] = [];
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const log = { exchange: (record: ExchangeRecord) => records.push(record), info: () => undefined };
  const settings = settingsOf(text, { disk: realDisk });
  const gateway = await compose(settings, {}, { ...log, warn, error: warn }, 'test');
  t.teardown(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  return { ...gateway, records, warnings, text };
}
