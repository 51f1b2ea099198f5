import { resolve } from 'node:path';
import { type Network, parseNetwork } from '../routing/network.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { readAs, requiredValueOf, type Section, subsectionOf, valueOf, valuesOf } from './fields.ts';
import { parseCount } from './read-parts.ts';
import type { CertificateFiles } from './settings.ts';

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
