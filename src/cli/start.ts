import { compose, type Instead, type Running } from '../compose.ts';
import { composeCrew } from '../compose-crew.ts';
import { parseAddress, parseLegacyUrl } from '../config/address.ts';
import type { Settings } from '../config/settings.ts';
import { watchSettings } from '../config/watch.ts';
import { systemClock } from '../exchange/clock.ts';
import { makeLog, type Log } from '../telemetry/log.ts';
import { summary } from './check.ts';
import { endingOf } from './ending.ts';
import { Failure, exitCodes } from './failure.ts';
import { readFileFor } from './load.ts';
import { passedSockets } from './passed-sockets.ts';
import { printFindings } from './print-findings.ts';
import { note, tell } from './print.ts';
import { versionOfBanyan } from './version.ts';

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
  const logLevel = options.log ?? 'info';
  const log = makeLog(logLevel);
  const gateway = await listen(reading.settings, insteadOf(options), log, logLevel);
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
  const ending = endingOf(gateway);
  let isEnding = false;
  const end = (signal: string): void => {
    const drainMs = gateway.drainMs();
    log.info('ending', { signal, ...(isEnding ? { now: true } : { drainMs }) });
    if (isEnding) return ending.now(); // a second signal: whoever sends it does not want to wait
    isEnding = true;
    watcher.close();
    ending.begin();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

/** One process where one is enough, else several and one above them. */
async function listen(settings: Settings, instead: Instead, log: Log, logLevel: string): Promise<Running> {
  try {
    const given = { ...instead, sockets: passedSockets(process.env, process.pid) };
    const version = versionOfBanyan();
    return await (settings.workers === 1
      ? compose(settings, given, log, version)
      : composeCrew(settings, given, { log, logLevel, version }));
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
