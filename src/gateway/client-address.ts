import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { joinedValue, type RawHeaders } from '../exchange/headers.ts';
import { type Network, networkHolds } from '../routing/network.ts';

/** Where a request comes from: as the connection shows, or as web servers in front that are believed say. */
export interface Origin {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** The host a browser asked for, where a web server in front has put another into Host and says so; else null. */
  readonly host: string | null;
}

/** The connection a request came by. */
export interface Connection {
  readonly address: string | undefined;
  readonly isEncrypted: boolean;
}

/** The connection of a request. */
export function connectionOf({ socket }: IncomingMessage): Connection {
  return { address: socket.remoteAddress, isEncrypted: 'encrypted' in socket };
}

/** No site has so many web servers in a row; who says so wants to keep us busy. */
const mostHops = 32;

/**
 * Says where a request comes from. Every web server appends the address it was asked from to X-Forwarded-For, so the
 * list is read from its end for as long as whoever wrote the entry is trusted: the first address that is not is the
 * client's. `Forwarded` (RFC 7239) is believed from nobody: web servers that write X-Forwarded-For let it through as the
 * client has sent it.
 */
export function originOf(connection: Connection, headers: RawHeaders, trust: readonly Network[]): Origin {
  const isTrusted = (address: string): boolean => trust.some((network) => networkHolds(network, address));
  let address = withoutMapping(connection.address ?? '');
  const scheme = connection.isEncrypted ? 'https' : 'http';
  if (!isTrusted(address)) return { address, scheme, host: null };
  let hops = 0;
  for (const word of listOf(headers, 'x-forwarded-for').reverse().slice(0, mostHops)) {
    const next = addressIn(word);
    if (next === null || !isTrusted(address)) break;
    address = next;
    hops++;
  }
  // What the same web server said of the scheme and the host; where fewer have said it, the outermost did.
  const saidOf = (name: string): string | undefined => {
    const words = listOf(headers, name);
    return words.at(-Math.max(1, hops)) ?? words[0];
  };
  const saidScheme = saidOf('x-forwarded-proto')?.toLowerCase();
  const host = saidOf('x-forwarded-host') ?? null;
  return {
    address,
    scheme: saidScheme === 'https' || saidScheme === 'http' ? saidScheme : scheme,
    host: host !== null && /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host) ? host : null,
  };
}

function listOf(headers: RawHeaders, name: string): string[] {
  return (joinedValue(headers, name) ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The address in one entry, which some write with a TCP port behind it, and IPv6 in brackets; null where it is none. */
function addressIn(word: string): string | null {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(word) ?? [];
  const address = bracketed ?? plain ?? word;
  return isIP(address) === 0 || address.includes('%') ? null : withoutMapping(address.toLowerCase());
}

/** An IPv4 address that an IPv6 socket has written down (RFC 4291 section 2.5.5.2). */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
