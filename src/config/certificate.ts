import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../exchange/clock.ts';
import { loadTextNow } from './disk.ts';
import type { CertificateFiles } from './settings.ts';

/** A certificate, with those that vouch for it, and its key, both as PEM. Never print the key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Until when browsers take it, in milliseconds since 1970. */
  readonly validUntilMs: number;
  /** What should be mended, though it can be used. */
  readonly doubts: readonly string[];
}

/** Who is told of a certificate that is kept. */
export interface CertificateKeeper {
  readonly clock: Clock;
  /** Another good pair is in the files. */
  readonly onRenewed: (certificate: Certificate) => void;
  /** What is in the files cannot be used; told once. */
  readonly onRefused: (reason: string) => void;
}

/** How often the files are looked at. A renewal is not in a hurry, and no way of swapping files escapes a look. */
const everyMs = 5_000;

/** Reads a pair and tries whether it fits. Rejects in plain words that never hold the key. */
export async function readCertificate(
  { certFile, keyFile }: CertificateFiles,
  clock: Clock,
): Promise<Certificate> {
  const [cert, key] = await Promise.all([textOf(certFile), textOf(keyFile)]);
  const { validToDate } = attempt(`${certFile} is no certificate`, () => new X509Certificate(cert));
  attempt(`the key in ${keyFile} does not fit the certificate in ${certFile}`, () =>
    createSecureContext({ cert, key }),
  );
  const { mode } = await stat(keyFile);
  const doubts = [
    ...((mode & 0o007) === 0 ? [] : [`everybody on this machine may read the key ${keyFile}: chmod o= it`]),
    ...(validToDate.getTime() > clock.epochMs()
      ? []
      : [`the certificate ${certFile} is over since ${validToDate.toISOString()}`]),
  ];
  return { cert, key, validUntilMs: validToDate.getTime(), doubts };
}

/** Looks at the files of a certificate now and then, and tells what became of them. Returns how to stop. */
export function keepCertificate(
  files: CertificateFiles,
  first: Certificate,
  { clock, onRenewed, onRefused }: CertificateKeeper,
): () => void {
  let running = first;
  let suspected: string | null = null;
  let refused: string | null = null;
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(files, clock);
      suspected = refused = null;
      if (found.cert === running.cert && found.key === running.key) return;
      running = found;
      onRenewed(found);
    } catch (thrown) {
      const reason = (thrown as Error).message;
      // Two files cannot be swapped in one moment: what does not fit now may fit at the next look.
      if (reason === suspected && reason !== refused) onRefused((refused = reason));
      suspected = reason;
    }
  };
  let callOff = clock.after(everyMs, again);
  let isOver = false;
  function again(): void {
    void look().then(() => {
      if (!isOver) callOff = clock.after(everyMs, again);
    });
  }
  return () => {
    isOver = true;
    callOff();
  };
}

async function textOf(file: string): Promise<string> {
  const text = await loadTextNow(file);
  if (text === null) throw new Error(`${file} cannot be read: there is no such file`);
  return text;
}

/** What OpenSSL says is added: it names what it stumbled over, and never shows it. */
function attempt<T>(otherwise: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new Error(`${otherwise}: ${(thrown as Error).message}`, { cause: thrown });
  }
}
