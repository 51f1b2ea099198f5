import type { Table } from '../routing/table.ts';
import type { Trace } from '../session/snapshot.ts';
import type { Address } from './address.ts';
import type { StoreAddress } from './store-url.ts';

/** How sessions are kept and waited for. */
export interface SessionSettings {
  readonly format: 'cgi-session';
  /** The name of the codec; see perl/formats.ts. */
  readonly serializer: string;
  /** Holds the password: never print it whole. */
  readonly store: StoreAddress;
  /** The name of the cookie that carries the session id. */
  readonly cookie: string;
  /** What the timeline remembers of a session. */
  readonly trace: Trace;
  /** How long a request waits for its turn. */
  readonly waitMs: number;
  /** How many requests of one session may wait at once. */
  readonly queue: number;
}

/** What routes.yaml says, validated. Frozen; a reload makes new ones. */
export interface Settings {
  /** The file as the user named it. */
  readonly file: string;
  /** The text that was read, variables not filled in. */
  readonly text: string;
  readonly listen: Address;
  readonly admin: Address;
  readonly legacy: { readonly url: URL };
  /** Where the ports are, as an absolute path, and how many processes run them. */
  readonly ports: { readonly directory: string; readonly hosts: number };
  /** Null where the file has no session map: then no request takes a turn. */
  readonly session: SessionSettings | null;
  readonly table: Table;
}
