import { Mistake } from './mistake.ts';

/** An IP address, or all that begin with the same bits (CIDR, RFC 4632). Plain data: routes are handed between threads. */
export interface Network {
  /** 4 or 16 numbers from 0 to 255. */
  readonly bytes: readonly number[];
  /** How many bits count. */
  readonly bits: number;
}

/** Reads `10.0.0.5`, `10.0.0.0/8` or `2001:db8::/32`. Throws a Mistake with the code. */
export function parseNetwork(text: string, code = 'bad-only'): Network {
  const [, address = '', digits] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = addressBytes(address);
  const most = (bytes?.length ?? 0) * 8;
  const bits = digits === undefined ? most : Number(digits);
  if (bytes !== null && bits <= most) return { bytes, bits };
  const help = 'write 10.0.0.5, or 10.0.0.0/8 for all that begin with 10.';
  throw new Mistake(code, `"${text}" is no IP address`, help);
}

/** Whether an address is one of the network's. */
export function networkHolds({ bytes, bits }: Network, address: string): boolean {
  const other = addressBytes(address);
  if (other?.length !== bytes.length) return false;
  return bytes.every((byte, at) => {
    const counted = Math.min(8, Math.max(0, bits - at * 8));
    return byte >> (8 - counted) === (other[at] ?? 0) >> (8 - counted);
  });
}

/** The 4 or 16 bytes of an address; null for what is none. */
function addressBytes(address: string): number[] | null {
  if (!address.includes(':')) return ipv4Bytes(address);
  const [head = '', tail, ...more] = address.split('::');
  const left = groupBytes(head);
  const right = tail === undefined ? [] : groupBytes(tail);
  if (left === null || right === null || more.length > 0) return null;
  const gap = 16 - left.length - right.length;
  if (tail === undefined ? gap !== 0 : gap < 2) return null;
  return [...left, ...Array.from({ length: gap }, () => 0), ...right];
}

function ipv4Bytes(text: string): number[] | null {
  const bytes = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  return bytes.length === 4 && bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** The bytes of one half of an IPv6 address, whose last part may be written as an IPv4 one. */
function groupBytes(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  for (const [at, group] of text.split(':').entries()) {
    const dotted = group.includes('.') && at === text.split(':').length - 1 ? ipv4Bytes(group) : null;
    if (dotted !== null) bytes.push(...dotted);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(group))
      bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 255);
    else return null;
  }
  return bytes;
}
