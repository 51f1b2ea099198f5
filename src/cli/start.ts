import { compose, type Gateway, type Instead } from '../compose.ts';
import { parseAddress, parseLegacyUrl } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { watchSettings } from '../config/watch.ts';
import { systemClock } from '../exchange/clock.ts';
import { makeLog, type Log } from '../telemetry/log.ts';
import { summary } from './check.ts';
import { Failure, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { printFindings } from './print-findings.ts';
import { note, tell } from './print.ts';
import { versionOfBanyan } from './version.ts';

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
  const reading = await readFileFor(file, { mustRun: true });
  if (reading.findings.length > 0) tell(`${printFindings(reading.findings, process.stderr)}\n`);
  if (reading.settings === null)
    throw new Failure(exitCodes.findings, `${file} has errors, so the gateway was not started`);
  const log = makeLog(options.log ?? 'info');
  const gateway = await listen(reading.settings, insteadOf(options), log);
  note(
    `banyan: ${file}: ${summary(reading.settings.table.routes)}\n` +
      `banyan: serving ${gateway.url}, metrics at ${gateway.adminUrl}/metrics\n`,
  );
  const watcher = watchSettings({
    file,
    lastText: reading.text,
    clock: systemClock,
    onChange: (text, occasion) => gateway.routes.offer(text, occasion),
    onMissing: () => gateway.routes.lose('missing', 'the file is gone'),
    onProblem: (error) => gateway.routes.lose('unreadable', error.message),
  });
  process.on('SIGHUP', () => void watcher.check('asked'));
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
    return await compose(settings, instead, log, versionOfBanyan());
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
      ...(options.legacy === undefined ? {} : { legacy: parseLegacyUrl(options.legacy).origin }),
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
