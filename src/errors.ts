/**
 * Everything that can go wrong, in one table.
 *
 * `status` and `sentence` are what a client gets: the sentence never names an address, a file or a secret.
 * `mayFallBack` says whether legacy may still answer the same request; it is true only where it is certain that
 * nothing was committed. `retryAfterSeconds` is sent as Retry-After (RFC 9110 section 10.2.3).
 */
interface Row {
  readonly status: number;
  readonly sentence: string;
  readonly mayFallBack?: true;
  readonly retryAfterSeconds?: number;
}

const table = {
  BAD_TARGET: { status: 400, sentence: 'The address of this request cannot be read.' },
  ENCODED_SLASH: { status: 404, sentence: 'There is no such page.' },
  BAD_SESSION_ID: { status: 400, sentence: 'The session cookie of this request cannot be read.' },
  BODY_CUT: { status: 400, sentence: 'The request ended before its body was complete.' },
  BODY_NOT_KEPT: {
    status: 503,
    sentence: 'The request could not be stored. Please try again.',
    retryAfterSeconds: 5,
  },
  BODY_TOO_LARGE: { status: 413, sentence: 'This upload is larger than this site takes.' },
  COOKIES_TOO_LARGE: {
    status: 431,
    sentence: 'Your browser sends more cookies than this site takes. Please delete the cookies of this site.',
  },
  HEADERS_TOO_LARGE: { status: 431, sentence: 'The header of this request is too large.' },
  NOT_HTTP: { status: 400, sentence: 'This request is not proper HTTP.' },
  NOT_TLS: { status: 400, sentence: 'This address is reached by HTTPS only.' },
  TOO_MANY_AHEAD: { status: 429, sentence: 'Too many requests were sent without waiting for an answer.' },
  CONNECTIONS_FULL: {
    status: 503,
    sentence: 'Too many connections are open at the moment. Please try again shortly.',
    retryAfterSeconds: 5,
  },
  REQUEST_SLOW: { status: 408, sentence: 'This request took too long to arrive.' },
  READER_STALLED: { status: 408, sentence: 'The answer was not taken.' },
  RETIRED: { status: 410, sentence: 'This page is gone for good.' },
  SOCKETS_FULL: {
    status: 503,
    sentence: 'Too many connections are open at the moment. Please try again shortly.',
    retryAfterSeconds: 5,
  },
  METHOD_REFUSED: { status: 405, sentence: 'This method is not served here.' },

  TURN_TIMEOUT: {
    status: 503,
    sentence: 'Another request of your session is still being worked on. Please try again in a moment.',
    retryAfterSeconds: 2,
  },
  TURN_QUEUE_FULL: {
    status: 503,
    sentence: 'Too many requests of your session are waiting. Please try again in a moment.',
    retryAfterSeconds: 2,
  },
  NESTED_REFUSED: {
    status: 508,
    sentence: 'This page was asked for from within another request of your session, and cannot be had there.',
  },
  CLIENT_GONE: { status: 499, sentence: 'The client left before its turn came.' },
  LOCK_DOWN: {
    status: 503,
    sentence: 'Sessions cannot be reached at the moment. Please try again shortly.',
    retryAfterSeconds: 5,
  },

  LEGACY_BUSY: {
    status: 503,
    sentence: 'Too many pages are being asked for at the moment. Please try again in a moment.',
    retryAfterSeconds: 5,
  },
  LEGACY_QUEUE_TIMEOUT: {
    status: 503,
    sentence: 'This page could not be begun in time, for many others are being asked for. Please try again.',
    retryAfterSeconds: 5,
  },
  LEGACY_DOWN: { status: 502, sentence: 'The application behind this gateway does not answer.' },
  LEGACY_BROKE: { status: 502, sentence: 'The application behind this gateway broke off its answer.' },
  SCRIPT_ANSWER: { status: 500, sentence: 'The page could not be made.' },
  SCRIPT_FAILED: { status: 502, sentence: 'The page could not be made.' },
  LEGACY_TIMEOUT: { status: 504, sentence: 'The application behind this gateway took too long to answer.' },

  PORT_MISSING: { status: 503, sentence: 'This page is not available at the moment.', mayFallBack: true },
  PORT_HOST_DOWN: { status: 503, sentence: 'This page is not available at the moment.', mayFallBack: true },
  PORT_FAILED: { status: 500, sentence: 'This page could not be made.', mayFallBack: true },
  PORT_HANDED_OVER: { status: 500, sentence: 'This page could not be made.', mayFallBack: true },
  PORT_TIMEOUT: { status: 504, sentence: 'This page took too long to make.', mayFallBack: true },
  TABLE_NOT_TRANSACTIONAL: { status: 500, sentence: 'This page could not be made.', mayFallBack: true },
  TRACE_LEFT: {
    status: 500,
    sentence: 'This page failed halfway. Part of it may have been done: please check before you repeat it.',
  },
  SESSION_UNREADABLE: { status: 500, sentence: 'Your session could not be read.', mayFallBack: true },
  SESSION_UNWRITABLE: { status: 500, sentence: 'Your session could not be stored.', mayFallBack: true },
  SESSION_LOCKED: {
    status: 503,
    sentence: 'Your session is in use elsewhere. Please try again in a moment.',
    mayFallBack: true,
    retryAfterSeconds: 2,
  },
  SESSION_STALE: {
    status: 503,
    sentence: 'Your session was changed meanwhile. Please try again.',
    mayFallBack: true,
  },
  DATABASE_DOWN: {
    status: 503,
    sentence: 'The database cannot be reached at the moment.',
    mayFallBack: true,
  },
  LEASE_LOST: {
    status: 503,
    sentence: 'The hold on your session was lost; nothing was changed. Please try again.',
    retryAfterSeconds: 2,
  },
  COMMIT_UNCERTAIN: {
    status: 502,
    sentence: 'It is not certain whether your request was carried out. Please check before you repeat it.',
  },
  CUT_OFF: {
    status: 504,
    sentence: 'This request was cut off. It may have been carried out: please check before you repeat it.',
  },
  GATEWAY_FAULT: { status: 500, sentence: 'Something went wrong in this gateway.' },
} satisfies Record<string, Row>;

/** The name of one row of the table: label in metrics and logs, heading in docs/errors.md. */
export type ProblemCode = keyof typeof table;

/** Every code there is, in the order of the table. */
export const problemCodes = Object.keys(table) as ProblemCode[];

/** One thing that went wrong. `message` is for the log and may name inner things; clients get `sentence`. */
export class Problem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.code = code;
  }

  get status(): number {
    return table[this.code].status;
  }

  /** What a client is told. */
  get sentence(): string {
    return table[this.code].sentence;
  }

  /** Whether legacy may still answer the same request: only where it is certain that nothing was committed. */
  get mayFallBack(): boolean {
    return (table[this.code] as Row).mayFallBack === true;
  }

  /** Seconds after which a client may try again, or null. */
  get retryAfterSeconds(): number | null {
    return (table[this.code] as Row).retryAfterSeconds ?? null;
  }
}

/** Any thrown thing as a Problem: one that is already a Problem stays itself. */
export function asProblem(thrown: unknown, otherwise: ProblemCode): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem(otherwise, thrown instanceof Error ? thrown.message : String(thrown), thrown);
}

/** Whether a word that came over a wire is one of our codes. */
export function isProblemCode(word: string): word is ProblemCode {
  return Object.hasOwn(table, word);
}
