import type { Clock } from '../exchange/clock.ts';
import type { Upstream, UpstreamLimits } from '../routing/route.ts';
import { Gate } from './gate.ts';
import { httpTransport } from './http.ts';
import type { GateTo, LegacyTransport } from './transport.ts';

/** The ways to all upstreams: each is opened when the first request wants it, and kept, also over reloads. */
export interface Transports {
  readonly to: GateTo;
  /** Holds each upstream to what its settings say now, also where its way is open already. */
  limit(upstreams: readonly Upstream[]): void;
  /** What each upstream has to do now. */
  loads(): UpstreamLoad[];
  close(): Promise<void>;
}

/** How much an upstream has to do. */
export interface UpstreamLoad {
  readonly upstream: string;
  readonly running: number;
  readonly waiting: number;
  readonly places: number;
}

/** How ways are opened. */
export interface TransportOptions {
  readonly clock: Clock;
  /** The gateway is so many processes: each has its share of the places. */
  readonly processes: number;
  /** The address that stands in for what the file gives to `legacy`, or null. */
  readonly insteadOfLegacy: string | null;
  /** Opens the way to scripts that are run here. */
  readonly runCgi: (settings: NonNullable<Upstream['cgi']>) => LegacyTransport;
  /** Told of each request that had to wait for a place at an upstream. */
  readonly waited: (upstream: string, milliseconds: number) => void;
}

interface Opened {
  readonly upstream: string;
  readonly gate: Gate;
}

/** Makes them. */
export function openTransports(options: TransportOptions): Transports {
  const { clock, processes, insteadOfLegacy, runCgi, waited } = options;
  const open = new Map<string, LegacyTransport>();
  const gates = new Map<string, Opened>();
  const known = new WeakMap<Upstream, Gate>();
  const shareOf = ({ atOnce, queue, waitMs }: UpstreamLimits): UpstreamLimits => ({
    atOnce: Math.ceil(atOnce / processes),
    queue: Math.ceil(queue / processes),
    waitMs,
  });
  const whereIs = ({ name, origin, tls, cgi }: Upstream) =>
    name === 'legacy' && insteadOfLegacy !== null
      ? { address: insteadOfLegacy, tls, cgi: undefined }
      : { address: origin, tls, cgi };
  // What the same settings describe is the same way, whichever reload they come from.
  const transportFor = (upstream: Upstream): LegacyTransport => {
    const where = whereIs(upstream);
    const key = JSON.stringify(where);
    let transport = open.get(key);
    if (transport === undefined) {
      const { address, tls, cgi } = where;
      transport = cgi === undefined ? httpTransport(new URL(address), clock, tls) : runCgi(cgi);
      open.set(key, transport);
    }
    return transport;
  };
  // Two names for one server have places of their own: heavy pages can be given fewer.
  const gateKey = (upstream: Upstream): string => JSON.stringify([upstream.name, whereIs(upstream)]);
  const gateFor = (upstream: Upstream): Gate => {
    const key = gateKey(upstream);
    let gate = gates.get(key)?.gate;
    if (gate === undefined) {
      const { name } = upstream;
      gate = new Gate({
        name,
        transport: transportFor(upstream),
        clock,
        limits: shareOf(upstream.limits),
        waited: (milliseconds) => waited(name, milliseconds),
      });
      gates.set(key, { upstream: name, gate });
    }
    return gate;
  };
  return {
    to: (upstream) => {
      let gate = known.get(upstream);
      if (gate === undefined) known.set(upstream, (gate = gateFor(upstream)));
      return gate;
    },
    limit: (upstreams) => {
      const wanted = new Map(upstreams.map((upstream) => [gateKey(upstream), upstream.limits]));
      for (const [key, { gate }] of gates) {
        const limits = wanted.get(key);
        if (limits === undefined)
          gates.delete(key); // who is there finishes
        else gate.limit(shareOf(limits));
      }
    },
    loads: () =>
      [...gates.values()].map(({ upstream, gate: { running, waiting, places } }) => ({
        upstream,
        running,
        waiting,
        places,
      })),
    close: async () => {
      await Promise.all([...open.values()].map((transport) => transport.close()));
    },
  };
}
