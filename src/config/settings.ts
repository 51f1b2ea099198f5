import type { ClientLimits } from '../exchange/client-limits.ts';
import type { Network } from '../routing/network.ts';
import type { Upstream } from '../routing/route.ts';
import type { Table } from '../routing/table.ts';
import type { IdPlaces, PathId } from '../session/identity.ts';
import type { SessionFormat } from '../session/module.ts';
import type { Trace } from '../session/snapshot.ts';
import type { Address } from './address.ts';
import type { MysqlAddress, StoreAddress } from './store-url.ts';

/** How sessions are kept and waited for. */
export interface SessionSettings {
  readonly format: SessionFormat;
  /** The name of the codec; see perl/formats.ts. `rows` where the format is rows. */
  readonly serializer: string;
  /** May hold a password: never print it whole. */
  readonly store: StoreAddress;
  /** The name of the cookie that carries the session id, and of the parameter that may. */
  readonly cookie: string;
  /** Where the id stands in a path, or null. */
  readonly path: PathId | null;
  /** What the timeline remembers of a session. */
  readonly trace: Trace;
  /** How long the timeline is kept in a table of the database, or null where it is only in memory. */
  readonly keepMs: number | null;
  /** How long a request waits for its turn. */
  readonly waitMs: number;
  /** How many requests of one session may wait at once. */
  readonly queue: number;
  /** How gateways exclude each other. */
  readonly lock: LockKind;
  /** What becomes of a request that the old scripts make within a turn, without saying so. */
  readonly nested: { readonly byOrigin: 'allow' | 'refuse'; readonly hosts: readonly string[] };
}

/** Where these sessions' ids stand in a request, and what spellings are one. */
export function idPlacesOf({ cookie, path, store }: SessionSettings): IdPlaces {
  return { name: cookie, path, isFolded: store.kind === 'mysql' };
}

/** Where the certificate of `listen` and its key are, as absolute paths. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Named locks of MySQL's, a table of leases (for Galera), or whichever the database can do. */
export type LockKind = 'auto' | 'names' | 'table';

/** What routes.yaml says, validated. Frozen; a reload makes new ones. */
export interface Settings {
  /** The file as the user named it. */
  readonly file: string;
  /** The text that was read, variables not filled in. */
  readonly text: string;
  readonly listen: Address;
  /** How many processes serve `listen` together. What is limited for all of them, each has its share of. */
  readonly workers: number;
  /** Null where visitors come by plain HTTP. */
  readonly tls: CertificateFiles | null;
  readonly admin: Address;
  /** Whoever shows it may choose the side that serves a request; null where nobody may. Never print it. */
  readonly adminToken: string | null;
  /** The web servers in front whose X-Forwarded-* fields are believed; empty: nobody's are. */
  readonly trust: readonly Network[];
  readonly legacy: Upstream;
  /** The others. */
  readonly upstreams: readonly Upstream[];
  readonly clients: ClientLimits;
  /** How many WebSockets may be open at once. */
  readonly mostSockets: number;
  /** Bodies up to this are kept in memory, and their parameters can choose a route. */
  readonly maxBodyBytes: number;
  /** How much of one answer may wait in a file for its client; 0 where none may. */
  readonly mostSpooledBytes: number;
  /** How long requests under way may take once the gateway is told to end. */
  readonly drainMs: number;
  /** Where the ports are, as an absolute path, and what runs them. */
  readonly ports: {
    readonly directory: string;
    /** How many processes run them. */
    readonly hosts: number;
    /** The most memory one of these may take. */
    readonly memoryBytes: number;
    /** One that does not give up its thread for so long is ended. */
    readonly watchdogMs: number;
    /** A host that somebody else has started, in place of our own; null where there is none. */
    readonly url: { readonly socketPath: string } | { readonly origin: string } | null;
    /** The database of the ports, where the sessions are in files; null elsewhere, and where there is none. */
    readonly database: MysqlAddress | null;
  };
  /** Null where the file has no session map: then no request takes a turn. */
  readonly session: SessionSettings | null;
  readonly table: Table;
}
