import type { Upstream } from '../routing/route.ts';
import { httpTransport } from './http.ts';
import type { LegacyTransport, TransportTo } from './transport.ts';

/** The ways to all upstreams: each is opened when the first request wants it, and kept, also over reloads. */
export interface Transports {
  readonly to: TransportTo;
  close(): Promise<void>;
}

/** Makes them; `insteadOfLegacy` is the address that stands in for the one the file gives to `legacy`. */
export function openTransports(connections: number, insteadOfLegacy: string | null): Transports {
  const open = new Map<string, LegacyTransport>();
  return {
    to: ({ name, origin }: Upstream) => {
      const address = name === 'legacy' && insteadOfLegacy !== null ? insteadOfLegacy : origin;
      let transport = open.get(address);
      if (transport === undefined) {
        transport = httpTransport(new URL(address), connections);
        open.set(address, transport);
      }
      return transport;
    },
    close: async () => {
      await Promise.all([...open.values()].map((transport) => transport.close()));
    },
  };
}
