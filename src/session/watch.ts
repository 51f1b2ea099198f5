import type { Clock } from '../exchange/clock.ts';
import type { SessionCodec } from './codec.ts';
import { sessionLabel } from './identity.ts';
import {
  LostUpdates,
  type Outside,
  type SessionWork,
  type TurnHolder,
  type TurnSeen,
  workBetween,
} from './lost-update.ts';
import { takeSnapshot, type Sight, type Snapshot, type Trace } from './snapshot.ts';
import type { TimelineStore } from './timeline-entry.ts';

/** What was seen of a session at two ends; null for what was not seen. */
interface Sights {
  readonly before: Sight | null;
  readonly after: Sight | null;
}

interface Snapshots {
  readonly before: Snapshot | null;
  readonly after: Snapshot | null;
}

/** Watches what happens to sessions in turns, and between them. */
export interface SessionWatch {
  /** The row of a session now; null where it was not seen. Never rejects. */
  look(sessionId: string): Promise<Sight | null>;
  /**
   * What a turn did that is just over. Turns of one session are told in their order: the telling is done when this
   * returns, the promise only waits for the answer. Never rejects.
   */
  turn(sessionId: string, holder: TurnHolder, sights: Sights): Promise<TurnSeen>;
  /** What was done between two looks by a request that was in no turn, or within one. Never throws. */
  aside(sights: Sights): SessionWork;
  /** Whether no other gateway was there since that moment. Never rejects. */
  aloneSince(epochMs: number): Promise<boolean>;
}

/** Everything a watch needs. */
export interface WatchParts {
  readonly look: SessionWatch['look'];
  /** Whether it is certain that no other gateway was there since then. Never rejects. */
  readonly aloneSince: (epochMs: number) => Promise<boolean>;
  /** What other gateways say of their turns; null where each knows only its own. */
  readonly others: Pick<TimelineStore, 'left' | 'explainedByOthers'> | null;
  readonly clock: Clock;
  readonly codec: SessionCodec;
  readonly trace: Trace;
  readonly mostSessions: number;
}

/** A watch over all sessions, of which it remembers those used last. */
export function watchSessions(parts: WatchParts): SessionWatch {
  const detector = new LostUpdates(parts.mostSessions);
  const snapshot = (sight: Sight | null, known: Snapshot | null): Snapshot | null =>
    sight === null ? null : takeSnapshot(sight, parts.codec, parts.trace, known);
  /** The two ends of a turn, of which a session is nearly always the same at both: then it is read once. */
  const bothOf = (sights: Sights, known: Snapshot | null): Snapshots => {
    const before = snapshot(sights.before, known);
    const isSame = before !== null && sights.after !== null && areSame(sights.before, sights.after);
    const after = isSame ? { ...before, takenAtMs: sights.after.takenAtMs } : snapshot(sights.after, before);
    return { before, after };
  };
  /** Whether a change may have been made in a turn of another gateway's. */
  const isExplained = async (session: string, { digest }: Snapshot, outside: Outside): Promise<boolean> => {
    if (await parts.aloneSince(outside.leftAtMs)) return false;
    if (parts.others === null) return true;
    return parts.others.explainedByOthers(session, digest, outside.leftAtMs, outside.foundAtMs);
  };
  return {
    look: (sessionId) => parts.look(sessionId),
    turn: async (sessionId, holder, sights) => {
      const session = sessionLabel(sessionId);
      const { before, after } = bothOf(sights, detector.lastLeft(session));
      const seen = detector.turn(session, holder, { before, after });
      parts.others?.left(session, after, after?.takenAtMs ?? parts.clock.epochMs());
      const { outside } = seen;
      if (outside === null || before === null || !(await isExplained(session, before, outside))) return seen;
      return { ...seen, outside: { ...outside, kind: 'other_gateway', undone: [] } };
    },
    aside: (sights) => {
      const { before, after } = bothOf(sights, null);
      return workBetween(before, after);
    },
    aloneSince: (epochMs) => parts.aloneSince(epochMs),
  };
}

function areSame(one: Sight | null, { bytes }: Sight): boolean {
  if (one === null || one.bytes === null || bytes === null) return one?.bytes === bytes;
  return one.bytes.equals(bytes);
}
