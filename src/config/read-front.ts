import { resolve } from 'node:path';
import { type Network, parseNetwork } from '../routing/network.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, requiredValueOf, type Section, subsectionOf, valueOf, valuesOf } from './fields.ts';
import { parseCount } from './read-parts.ts';
import type { CertificateFiles, SessionSettings } from './settings.ts';

/** Reads `tls` into absolute paths; the files themselves are read by who runs on them. */
export function readTls(desk: Desk, file: Section, settingsDirectory: string): CertificateFiles | null {
  const section = subsectionOf(desk, file, 'tls', 'tls', ' in "tls"');
  if (section === null) return null;
  const cert = requiredValueOf(desk, section, 'cert', 'add "cert: FILE", the certificate as PEM');
  const key = requiredValueOf(desk, section, 'key', 'add "key: FILE", the key of the certificate as PEM');
  return cert === null || key === null
    ? null
    : { certFile: resolve(settingsDirectory, cert.text), keyFile: resolve(settingsDirectory, key.text) };
}

/** Reads `workers`: how many processes serve. */
export function readWorkers(desk: Desk, file: Section): number | null {
  return readAs(desk, valueOf(desk, file, 'workers'), 'workers', (text) => parseCount(text, 'workers', 64));
}

/** Warns of workers that could not tell an outsider's change of a session from a turn of one another's. */
export function doubtWorkers(desk: Desk, file: Section, workers: number, session: SessionSettings): void {
  const { store, trace, keepMs } = session;
  const at = file.fields.get('workers')?.at;
  if (at === undefined || workers === 1 || store.kind === 'file' || trace === 'off' || keepMs !== null)
    return;
  const message = `what is changed without a turn is not told from what another of ${workers} workers did`;
  desk.warn(
    'workers-apart',
    at,
    message,
    'add "keep: 7d" to "session": they read in its table what each did',
  );
}

/** Reads `websockets`: how many may be open at once. */
export function readMostSockets(desk: Desk, file: Section): number | null {
  return readAs(desk, valueOf(desk, file, 'websockets'), 'websockets', (text) =>
    parseCount(text, 'websockets', 100_000),
  );
}

/** Reads `drain`: how long requests under way may take once the gateway is told to end. */
export function readDrain(desk: Desk, file: Section): number | null {
  return readAs(desk, valueOf(desk, file, 'drain'), 'drain', (text) => parseDuration(text, 'drain'));
}

/** Reads `trust`: the web servers in front that are believed. */
export function readTrust(desk: Desk, file: Section): Network[] {
  return valuesOf(desk, file, 'trust').flatMap((value) => {
    const network = readAs(desk, value, 'trust', (text) => parseNetwork(text, 'bad-trust'));
    if (network?.bits === 0) {
      const message = `"${value.shown}" is everybody: any client can then give itself any address`;
      desk.warn('trust-everybody', value.span, message, 'name only the web servers that stand in front');
    }
    return network === null ? [] : [network];
  });
}
