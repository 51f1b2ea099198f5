import type { Params } from '../exchange/params.ts';
import type { RawHeaders } from '../exchange/headers.ts';
import type { QueryResult } from '../session/store.ts';
import type { SessionShape, ShapedDraft } from './shape.ts';
import type { Upload } from './uploads.ts';
import type { Readable } from 'node:stream';

/** The request, as a port sees it. */
export interface PortRequest {
  readonly id: string;
  readonly method: string;
  /** Normalised and percent-encoded. */
  readonly path: string;
  /** Raw, without `?`. */
  readonly query: string;
  readonly headers: RawHeaders;
  /** The first value of a field, or null. `name` is given in lower case. */
  header(name: string): string | null;
  readonly body: Buffer;
  readonly clientAddress: string;
}

/** The tables, inside the transaction of this request. */
export interface Database {
  /**
   * Runs one statement with `?` placeholders. Columns come as strings in the legacy character set, dates and JSON as well;
   * numbers as numbers where they fit, and DECIMAL as the string that the old page prints.
   */
  query(sql: string, values?: readonly unknown[]): Promise<QueryResult>;
  /** The same as a prepared statement, for one that is run often in a request: the server is sent statement and values apart. */
  execute(sql: string, values?: readonly unknown[]): Promise<QueryResult>;
}

/** Lines for the gateway's log, each with the request and the route that they are about. */
export interface PortLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Everything a port works with. */
export interface Context<S extends SessionShape = Record<never, never>> {
  readonly request: PortRequest;
  /** The parameters as CGI.pm's param() gives them: of a POST those of the body. One character a byte. */
  readonly params: Params;
  /** The first value of a parameter, or null: CGI.pm's scalar param(). */
  readonly param: (name: string) => string | null;
  /** The parameters of the query, whatever the method: CGI.pm's url_param(). */
  readonly urlParams: Params;
  readonly urlParam: (name: string) => string | null;
  /** The first file that was sent in a field of a multipart form, or null: CGI.pm's upload(). */
  readonly upload: (field: string) => Upload | null;
  /** All files of a field. */
  readonly uploads: (field: string) => Upload[];
  readonly session: ShapedDraft<S>;
  readonly db: Database;
  /** A cookie of the request, or null. */
  readonly cookie: (name: string) => string | null;
  /** When the request came: a test says when that was. */
  readonly now: Date;
  /** A number from 0 up to 1: a test says which. */
  readonly random: () => number;
  readonly log: PortLog;
  /** Aborted when the time of the route is over: nothing will be committed any more. */
  readonly signal: AbortSignal;
  /**
   * Leaves this request to the old script, for a case that the port does not cover: whatever was done to session and
   * tables is undone. It never returns. A route with `fallback: error` does so, too, for nothing has failed.
   */
  readonly legacy: () => never;
  /** Runs once session and database are committed, and only then: mail, calls to other services. */
  readonly afterCommit: (action: () => void | Promise<void>) => void;
}

/** What a port answers. */
export interface PortAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  /** A stream is sent after the commit; what it still needs of the database is to be read before. */
  readonly body: Buffer | Readable;
  /** How long a stream is, where that is known: it is sent as Content-Length. */
  readonly lengthBytes?: number;
}

/** A page of the old site, in TypeScript. It answers, or throws and leaves no trace. */
export type PortHandler<S extends SessionShape = Record<never, never>> = (
  context: Context<S>,
) => PortAnswer | Promise<PortAnswer>;

/** What a port's file exports as its default. */
export interface Port {
  readonly handler: PortHandler;
  /** What it expects in the session. */
  readonly shape: SessionShape;
}

/** What a port may say of itself. */
export interface PortOptions<S extends SessionShape> {
  /** What it expects under the keys of the session that it knows; the others stay as they are. */
  readonly session: S;
}

/**
 * Declares a port: `export default definePort(async ({ params, session, db }) => html('…'))`, or, with what it expects in the
 * session, `definePort({ session: { cart: cartSchema } }, async ({ session }) => …)`.
 */
export function definePort(handler: PortHandler): Port;
export function definePort<const S extends SessionShape>(
  options: PortOptions<S>,
  handler: PortHandler<S>,
): Port;
export function definePort(
  first: PortHandler | PortOptions<SessionShape>,
  second?: PortHandler<never>,
): Port {
  if (typeof first === 'function') return Object.freeze({ handler: first, shape: {} });
  return Object.freeze({ handler: second as unknown as PortHandler, shape: first.session });
}
