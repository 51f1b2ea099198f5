import { styleText } from 'node:util';
import type { ConfigStatus, PortsStatus } from '../control/api.ts';
import { askGateway } from './ask-gateway.ts';
import { type ExitCode, exitCodes } from './failure.ts';
import { harmless, print, printJson } from './print.ts';

/** What may be said to `banyan status`. */
export interface StatusOptions {
  readonly admin: string;
  /** Exit code 1 where something needs a person. */
  readonly check?: boolean;
  readonly json?: boolean;
}

/** `banyan status`: what a running gateway runs, and what needs a person. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const [config, ports] = (await Promise.all([
    askGateway(options.admin, 'config'),
    askGateway(options.admin, 'ports'),
  ])) as [ConfigStatus, PortsStatus];
  const needs = needsOf(config, ports);
  if (options.json === true) printJson({ config, ports, needs });
  else print(textOf(config, ports, needs));
  return options.check === true && needs.length > 0 ? exitCodes.findings : exitCodes.ok;
}

/** What somebody has to mend, a sentence each. */
function needsOf(config: ConfigStatus, ports: PortsStatus): string[] {
  const needs: string[] = [];
  const first = config.refused?.findings[0] as { message?: string } | undefined;
  if (config.refused !== null)
    needs.push(
      `routes.yaml was changed and refused (${first?.message ?? 'nobody can read it'}); the last good one runs`,
    );
  if (config.differ === true) needs.push('workers run different versions of routes.yaml');
  for (const { reason } of ports.refused)
    needs.push(`a changed port was not taken, and the one before serves on: ${reason}`);
  for (const { reason } of ports.broken)
    needs.push(`a port cannot be loaded, and legacy answers for it: ${reason}`);
  return needs;
}

function textOf(config: ConfigStatus, ports: PortsStatus, needs: readonly string[]): string {
  const stream = process.stdout;
  const taken = `revision ${config.revision}, taken over ${config.takenOverAt}`;
  const lines = [`routes.yaml  ${config.routes} routes, ${taken}`, `ports        ${hostsText(ports)}`];
  const marks = needs.map((need) => `${styleText('red', '✖', { stream })} ${harmless(need)}`);
  const end = needs.length === 0 ? [`${styleText('green', '✔', { stream })} nothing needs you`] : marks;
  return [...lines, '', ...end].map((line) => `${line}\n`).join('');
}

function hostsText({ hosts, url, swaps }: PortsStatus): string {
  if (url !== null) return `in a host at ${harmless(url)}`;
  if (hosts.length === 0) return 'no host runs: legacy answers everything';
  const each = hosts.map(({ pid, inFlight, memoryBytes }) => {
    const size = `${Math.round(memoryBytes / 1024 ** 2)} MB`;
    return `pid ${pid} (${inFlight} under way, ${size})`;
  });
  return `${each.join(', ')}; taken over ${swaps} time${swaps === 1 ? '' : 's'} since the start`;
}
