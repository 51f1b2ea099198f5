import type { Problem } from './errors.ts';
import type { Side } from './exchange/outcome.ts';
import type { SessionWork, TurnHolder, TurnSeen } from './session/lost-update.ts';
import type { SessionUse } from './session/session.ts';

/** What one side did in an exchange. */
export interface SideRecord {
  readonly side: Side;
  /** Milliseconds until the side was finished. */
  readonly elapsedMs: number;
  readonly result: 'ok' | 'client_error' | 'server_error' | 'timeout' | 'exception';
}

/** All there is to say about one exchange, said once, when it is over. Metrics and log read nothing else. */
export interface ExchangeRecord {
  readonly id: string;
  /** Empty where no request could be read. */
  readonly method: string;
  /** The address of the client, by what web servers in front are trusted to say; for the log. */
  readonly client?: string;
  /** Normalised path, without the query: queries hold names and numbers of people. */
  readonly path: string;
  readonly route: string;
  readonly revision: number;
  /** The server of old scripts that the route names. */
  readonly upstream: string;
  /** Whether parameters decide here and were not read, because the body was too large. */
  readonly wasUnread: boolean;
  readonly lane: 'story' | 'pass' | 'tunnel';
  /** Whose answer the client was sent; `none` when it was an apology of the gateway's. */
  readonly served: Side | 'none';
  readonly why: string;
  readonly status: number;
  /** Received to sent, everything included; of a WebSocket, until legacy has agreed to it. */
  readonly elapsedMs: number;
  /** The session the request named, by its label, and what its route may do to it; null where it named none. */
  readonly session: { readonly label: string; readonly use: SessionUse } | null;
  /** Null where no turn was had. */
  readonly turn: TurnRecord | null;
  /** The exchange it was made within, and how that was known; also where it was refused for it. */
  readonly nested: NestedRecord | null;
  /** The other session that the answer gave the visitor, as a login does; null where it gave none. */
  readonly followed: FollowedRecord | null;
  /** What an exchange without a turn was seen to do to the session; null where nobody looked, or nobody can tell. */
  readonly aside: SessionWork | null;
  readonly sides: readonly SideRecord[];
  /** Why legacy answered for the port, or null. */
  readonly fallback: Problem | null;
  /** What the client had to be told instead of an answer, or what cut its answer short. */
  readonly problem: Problem | null;
  /** Whether the client left before it had the whole answer. */
  readonly clientLeft: boolean;
  /** What went over a WebSocket, once it is closed; left out for everything else. */
  readonly tunnel?: TunnelRecord;
}

/** What there is to say of an exchange that took no turn, ran on no side and looked at no session. */
export const untold = {
  wasUnread: false,
  session: null,
  turn: null,
  nested: null,
  followed: null,
  aside: null,
  sides: [],
  fallback: null,
} as const satisfies Partial<ExchangeRecord>;

/** A connection that was handed on as bytes. */
export interface TunnelRecord {
  readonly openMs: number;
  readonly fromClientBytes: number;
  readonly fromLegacyBytes: number;
}

/** A request that was made within another. */
export interface NestedRecord {
  /** It showed the lease token of the outer one, or it came from a legacy host while the outer one ran there. */
  readonly by: 'token' | 'origin';
  readonly within: TurnHolder;
}

/** A session that came into the world, or was changed to, while a script ran: its first turn began in the middle. */
export interface FollowedRecord {
  readonly session: string;
  /** Why its turn was not had, or null where it was. */
  readonly notHad: string | null;
  readonly seen: TurnSeen | null;
}

/** What a turn in a session cost. */
export interface TurnRecord {
  /** A short hash that tells sessions apart; never the id, which is a key to the visitor's account. */
  readonly session: string;
  /** When the turn was had, in milliseconds since 1970. */
  readonly enteredAtMs: number;
  readonly waitedLocalMs: number;
  readonly waitedDatabaseMs: number;
  readonly heldMs: number;
  readonly overlapped: boolean;
  /** Whether the lock was lost while the side worked: somebody may have worked on the session beside it. */
  readonly lost: boolean;
  /** What the turn did to the session, and what was done to it before; null where nobody looked. */
  readonly seen: TurnSeen | null;
}
