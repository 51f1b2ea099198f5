import type { Upstream } from '../routing/route.ts';
import { httpTransport } from './http.ts';
import type { LegacyTransport, TransportTo } from './transport.ts';

/** The ways to all upstreams: each is opened when the first request wants it, and kept, also over reloads. */
export interface Transports {
  readonly to: TransportTo;
  close(): Promise<void>;
}

/** How ways are opened. */
export interface TransportOptions {
  readonly connections: number;
  /** The address that stands in for what the file gives to `legacy`, or null. */
  readonly insteadOfLegacy: string | null;
  /** Opens the way to scripts that are run here. */
  readonly runCgi: (settings: NonNullable<Upstream['cgi']>) => LegacyTransport;
}

/** Makes them. */
export function openTransports({ connections, insteadOfLegacy, runCgi }: TransportOptions): Transports {
  const open = new Map<string, LegacyTransport>();
  const known = new WeakMap<Upstream, LegacyTransport>();
  const find = ({ name, origin, tls, cgi }: Upstream): LegacyTransport => {
    const isStoodIn = name === 'legacy' && insteadOfLegacy !== null;
    const address = isStoodIn ? insteadOfLegacy : origin;
    const here = isStoodIn ? undefined : cgi;
    // What the same settings describe is the same way, whichever reload they come from.
    const key = JSON.stringify([address, tls, here]);
    let transport = open.get(key);
    if (transport === undefined) {
      transport = here === undefined ? httpTransport(new URL(address), connections, tls) : runCgi(here);
      open.set(key, transport);
    }
    return transport;
  };
  return {
    to: (upstream) => {
      let transport = known.get(upstream);
      if (transport === undefined) known.set(upstream, (transport = find(upstream)));
      return transport;
    },
    close: async () => {
      await Promise.all([...open.values()].map((transport) => transport.close()));
    },
  };
}
