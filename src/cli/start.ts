import { readFile } from 'node:fs/promises';
import { compose, type Gateway, type Instead } from '../compose.ts';
import { parseAddress, parseLegacyUrl } from '../config/address.ts';
import { hasErrors, printFindings, type Finding } from '../config/findings.ts';
import type { Settings } from '../config/settings.ts';
import { watchSettings } from '../config/watch.ts';
import { makeLog, type Log } from '../telemetry/log.ts';
import { summary } from './check.ts';
import { Failure, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';

/** A gateway that is told to end is gone after so long, twice the time that it gives its requests. */
const mostMs = 25_000;

/** What the command line may say instead of the file. */
export interface StartOptions {
  readonly listen?: string;
  readonly admin?: string;
  readonly legacy?: string;
  /** A pino level; `info` where it is not said. */
  readonly log?: string;
}

/**
 * Runs the gateway until SIGTERM or SIGINT. A file with errors ends it at once, with every error and its place; once
 * it runs, a file with errors changes nothing.
 */
export async function start(file: string, options: StartOptions): Promise<void> {
  const reading = await readFileFor(file);
  if (reading.findings.length > 0)
    process.stderr.write(`${printFindings(reading.findings, process.stderr)}\n`);
  if (reading.settings === null)
    throw new Failure(exitCodes.findings, `${file} has errors, so the gateway was not started`);
  const log = makeLog(options.log ?? 'info');
  const gateway = await listen(reading.settings, insteadOf(options), log);
  process.stderr.write(
    `banyan: ${file}: ${summary(reading.settings.table.routes)}\n` +
      `banyan: serving ${gateway.url}, metrics at ${gateway.adminUrl}/metrics\n`,
  );
  const watcher = watchSettings({
    file,
    lastText: reading.text,
    onChange: (text) => tellReload(gateway.reload(text), file, log),
    onMissing: () => log.error('routes.yaml is gone; the last good one serves on', { file }),
    onProblem: (error) =>
      log.error('routes.yaml cannot be read; the last good one serves on', { file, reason: error.message }),
  });
  process.on('SIGHUP', () => void watcher.check());
  const end = (signal: string): void => {
    log.info('ending', { signal });
    watcher.close();
    void gateway.close().then(() => process.exit(0));
    // Whatever does not let go of us, such as a database that says nothing: the turns are free once we are gone.
    setTimeout(() => process.exit(1), mostMs).unref();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

async function listen(settings: Settings, instead: Instead, log: Log): Promise<Gateway> {
  try {
    return await compose(settings, instead, log, await version());
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Failure(exitCodes.findings, `the gateway cannot start: ${reason}`, null, thrown);
  }
}

function insteadOf(options: StartOptions): Instead {
  try {
    return {
      ...(options.listen === undefined ? {} : { listen: parseAddress(options.listen, '--listen') }),
      ...(options.admin === undefined ? {} : { admin: parseAddress(options.admin, '--admin') }),
      ...(options.legacy === undefined ? {} : { legacy: { url: parseLegacyUrl(options.legacy) } }),
    };
  } catch (thrown) {
    throw new Failure(
      exitCodes.usage,
      thrown instanceof Error ? thrown.message : String(thrown),
      null,
      thrown,
    );
  }
}

function tellReload(findings: readonly Finding[], file: string, log: Log): void {
  if (!hasErrors(findings)) {
    log.info('routes.yaml taken over', { file });
    return;
  }
  log.error('routes.yaml was refused; the last good one serves on', {
    file,
    findings: findings.map(({ line, column, code, message, help }) => ({
      line,
      column,
      code,
      message,
      help,
    })),
  });
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
