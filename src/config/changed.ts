import { makeFinding, type Finding } from './findings.ts';
import type { Settings } from './settings.ts';

/**
 * What a reload cannot change in a running gateway: its sockets and its connections. Said as findings, so that a file
 * that changes one of them is refused whole, with the reason.
 */
export function changedSettings(now: Settings, next: Settings | null): Finding[] {
  if (next === null) return [];
  const names = (['listen', 'admin', 'legacy', 'ports', 'session'] as const).filter(
    (name) => JSON.stringify(now[name]) !== JSON.stringify(next[name]),
  );
  return names.map((name) => {
    const lines = next.text.split(/\r?\n/);
    const index = Math.max(
      0,
      lines.findIndex((line) => line.startsWith(`${name}:`)),
    );
    return makeFinding({
      code: 'needs-restart',
      severity: 'error',
      message: `"${name}" was changed, and a running gateway cannot change it`,
      help: 'restart the gateway, or put the old value back; nothing of this file was applied',
      file: next.file,
      line: index + 1,
      text: lines[index] ?? '',
      from: 0,
      length: name.length,
    });
  });
}
