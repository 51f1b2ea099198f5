import { type Certificate, keepCertificate, readCertificate } from './config/certificate.ts';
import type { CertificateFiles } from './config/settings.ts';
import type { Clock } from './exchange/clock.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The certificate the listener shows. */
export interface CertificateInUse {
  readonly first: Certificate;
  /** Hands on every renewed one. Returns how to stop. */
  follow(onRenewed: (certificate: Certificate) => void): () => void;
}

/** Reads the certificate, and says of it and of later ones what there is to say. Rejects in plain words. */
export async function composeCertificate(
  files: CertificateFiles,
  metrics: Metrics,
  log: Log,
  clock: Clock,
): Promise<CertificateInUse> {
  const tell = ({ validUntilMs, doubts }: Certificate, message: string): void => {
    metrics.certificate('renewed', validUntilMs / 1000);
    log.info(message, { file: files.certFile, validUntil: new Date(validUntilMs).toISOString() });
    for (const doubt of doubts) log.warn(doubt);
  };
  const first = await readCertificate(files, clock);
  tell(first, 'certificate read');
  return {
    first,
    follow: (onRenewed) =>
      keepCertificate(files, first, {
        clock,
        onRenewed: (certificate) => {
          onRenewed(certificate);
          tell(certificate, 'certificate renewed; connections go on');
        },
        onRefused: (reason) => {
          metrics.certificate('refused', null);
          log.error('the new certificate cannot be used; the old one serves on', { reason });
        },
      }),
  };
}
