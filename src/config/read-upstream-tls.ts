import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { Mistake } from '../routing/mistake.ts';
import type { UpstreamTls } from '../routing/route.ts';
import type { Desk } from './desk.ts';
import type { Disk } from './disk.ts';
import { oneOf, readAs, type Section, valueOf } from './fields.ts';

/** Where the files are that an upstream names. */
export interface UpstreamPlace {
  /** Absolute; relative paths start here. */
  readonly settingsDirectory: string;
  readonly disk: Disk;
}

const keys = ['ca', 'server-name', 'verify'];

/** Reads how the certificate of an https:// upstream is verified; null where the map says nothing of it. */
export function readUpstreamTls(
  desk: Desk,
  section: Section,
  url: URL | null,
  { settingsDirectory, disk }: UpstreamPlace,
): UpstreamTls | null {
  const said = keys.flatMap((key) => section.fields.get(key) ?? []);
  const [first] = said;
  if (first === undefined) return null;
  if (url !== null && url.protocol !== 'https:') {
    const message = `"${first.key}" is about a certificate, and the address is not https://`;
    desk.error('needs-https', first.at, message, `write "https://${url.host}", or leave "${first.key}" out`);
    return null;
  }
  const caFile = readAs(desk, valueOf(desk, section, 'ca'), 'ca', (text) => {
    const file = resolve(settingsDirectory, text);
    checkAuthority(text, disk.readText(file));
    return file;
  });
  const serverName = readAs(desk, valueOf(desk, section, 'server-name'), 'server-name', parseServerName);
  const verify = readAs(desk, valueOf(desk, section, 'verify'), 'verify', (text) =>
    oneOf(text, ['on', 'off'], 'bad-verify', `verify "${text}" is not on or off`),
  );
  const isVerified = verify !== 'off';
  if (!isVerified) {
    const at = section.fields.get('verify')?.at ?? section.at;
    const message = 'nobody looks who answers there: whoever gets in between reads and changes everything';
    desk.warn('unverified', at, message, 'name the authority with "ca: FILE" instead');
  }
  return { caFile, serverName, isVerified };
}

/** Throws a Mistake [bad-ca] for what is no PEM file with a certificate. */
function checkAuthority(name: string, pem: string | null): void {
  const help = 'name the PEM file with the certificate of your own authority';
  if (pem === null) throw new Mistake('bad-ca', `${name} cannot be read`, help);
  try {
    void new X509Certificate(pem);
  } catch {
    throw new Mistake('bad-ca', `${name} holds no certificate`, help);
  }
}

function parseServerName(text: string): string {
  if (/^(?=.{1,253}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text) && /[A-Za-z]/.test(text)) return text;
  throw new Mistake('bad-name', `"${text}" cannot be the name in a certificate`, 'such as "shop.internal"');
}
