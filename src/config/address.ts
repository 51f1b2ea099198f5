import { Mistake } from '../routing/mistake.ts';

/** Where a server listens. TCP port 0 asks the system for a free one. */
export interface Address {
  readonly host: string;
  readonly tcpPort: number;
}

/** Reads `host:port`, with an IPv6 host in brackets. `what` names the setting. Throws a Mistake [bad-address]. */
export function parseAddress(text: string, what: string): Address {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined)
    throw new Mistake('bad-address', `cannot read ${what} "${text}"`, addressHelp(text));
  return { host, tcpPort: tcpPortOf(digits, what) };
}

/** Reads the URL of a server of old scripts. Throws a Mistake [bad-url]; the messages never hold a password. */
export function parseLegacyUrl(text: string, what = 'legacy'): URL {
  if (!/^https?:\/\//.test(text)) {
    const help = /^[A-Za-z0-9.-]+(:\d+)?$/.test(text)
      ? `did you mean "http://${text}"?`
      : 'write http://host:port';
    throw new Mistake('bad-url', `the address of ${what}, "${text}", is not http:// or https://`, help);
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null)
    throw new Mistake('bad-url', `cannot read the address of ${what}, "${text}"`, 'write http://host:port');
  if (url.username !== '' || url.password !== '') {
    throw new Mistake(
      'bad-url',
      `the address of ${what} holds a user or password`,
      'leave them out; browsers send their own',
    );
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    const help = `write "${url.origin}"; every request keeps its own path`;
    throw new Mistake('bad-url', `the address of ${what}, "${text}", holds a path`, help);
  }
  return url;
}

function addressHelp(text: string): string {
  if (/^:?\d+$/.test(text)) return `did you mean "127.0.0.1:${text.replace(':', '')}"?`;
  if (/^[A-Za-z][A-Za-z0-9.-]*$/.test(text)) return `did you mean "${text}:8000"?`;
  return 'write host:port, such as 127.0.0.1:8000';
}

function tcpPortOf(digits: string, what: string): number {
  const tcpPort = Number(digits);
  if (tcpPort <= 65_535) return tcpPort;
  throw new Mistake(
    'bad-address',
    `the TCP port ${digits} of ${what} is over 65535`,
    'write a number from 0 to 65535',
  );
}
