import type { SessionFormat } from '../session/module.ts';

/** What a port host has to know of sessions and of its database. It holds a secret: it goes over the channel, not into the arguments. */
export interface HostSettings {
  readonly format: SessionFormat;
  /** The name of the codec; see perl/formats.ts. */
  readonly serializer: string;
  readonly cookieName: string;
  /** Where the sessions are, where they are in files; null where they are in the database. */
  readonly folder: {
    readonly format: SessionFormat;
    readonly directory: string;
    readonly fileName: string | null;
    readonly lockDirectory: string;
  } | null;
  /** Null where the sessions are in files and no database was named: then a port has none. */
  readonly database: {
    readonly options: {
      host?: string;
      port?: number;
      socketPath?: string;
      user: string;
      password: string;
      database: string;
      charset: string;
      connectionLimit: number;
    };
    readonly table: {
      readonly format: SessionFormat;
      readonly table: string;
      readonly idColumn: string;
      readonly dataColumn: string;
      readonly charset: string;
    };
  } | null;
}

/** A port that cannot be loaded, and why. */
export interface BrokenPort {
  readonly file: string;
  readonly reason: string;
}

/** What a host has loaded. */
export interface LoadedPorts {
  /** The files of ports and of what they import, each with what it was like when it was read; see file-state.ts. */
  readonly modules: readonly (readonly [file: string, state: string])[];
  readonly broken: readonly BrokenPort[];
}

/** From the gateway to a host that it has started. */
export type HostOrder =
  | {
      readonly kind: 'start';
      readonly settings: HostSettings;
      readonly socketPath: string;
      readonly files: readonly string[];
    }
  | { readonly kind: 'load'; readonly files: readonly string[] }
  | { readonly kind: 'ping' }
  /** Nothing more will be asked: finish what ports have left for after their commits, and exit. */
  | { readonly kind: 'end' };

/** From a host to the gateway. */
export type HostReport =
  | { readonly kind: 'ready' }
  /** All that is loaded by now: before `ready`, and whenever there is more. */
  | ({ readonly kind: 'loaded' } & LoadedPorts)
  | { readonly kind: 'pong' }
  | ({ readonly kind: 'said' } & PortLine);

/** A line for the gateway's log. */
export interface PortLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
