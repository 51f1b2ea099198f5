import type { Clock } from '../exchange/clock.ts';
import type { CgiSettings } from '../routing/cgi.ts';
import { keepChildren } from './cgi-children.ts';
import { cgiTransport, type ScriptSaid } from './cgi.ts';
import type { LegacyTransport } from './transport.ts';

/** What the runner tells people. */
export interface CgiNews {
  readonly said: (said: ScriptSaid) => void;
  readonly log: (message: string) => void;
}

/** Debian's, which nearly every script names in its first line. */
const perl = '/usr/bin/perl';

/** Opens the way to scripts that the gateway runs itself. */
export function openCgi(settings: CgiSettings, clock: Clock, { said, log }: CgiNews): LegacyTransport {
  const variables = passed(settings.passedVariables);
  const forks = settings.perl === 'fork';
  const children = keepChildren({
    perl,
    env: variables,
    libraries: settings.libraries,
    mayLeave: settings.mayLeave,
    preload: forks ? settings.preload.map((name) => `${name.replaceAll('::', '/')}.pm`) : [],
    learns: forks && settings.learns,
    clock,
    log,
  });
  return cgiTransport({
    site: {
      scriptsAt: settings.scriptsAt,
      scriptsFolder: inBytes(settings.scriptsFolder),
      documentRoot: settings.documentRoot === null ? null : inBytes(settings.documentRoot),
      variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, inBytes(value)])),
    },
    index: settings.index,
    charset: settings.charset,
    kept: new Set(settings.persistent),
    interpreters: { perl, forks, allowed: settings.interpreters },
    limits: { runMs: settings.runMs, outputBytes: settings.outputBytes },
    children,
    clock,
    said,
  });
}

/** Scripts are given a PATH and what the settings name, nothing else of the gateway's environment: it holds secrets. */
function passed(names: readonly string[]): Record<string, string> {
  const values: Record<string, string> = { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' };
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** One character a byte, as everything is that a script is given. */
function inBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
