import { isMap } from 'yaml';
import { Mistake, orMistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import type { Plan } from '../routing/plan.ts';
import type { Route } from '../routing/route.ts';
import { type Only, onlyKinds, parseOnly, parseSticky, type Sticky } from '../routing/who.ts';
import type { SessionUse } from '../session/session.ts';
import { type Desk, spanOf } from './desk.ts';
import { parseDuration } from './duration.ts';
import {
  isWord,
  oneOf,
  readAs,
  readSection,
  type Section,
  subsectionOf,
  valueOf,
  valuesOf,
} from './fields.ts';
import { readPlan } from './read-plan.ts';
import { type ReadUpstream, upstreamNamed } from './read-upstreams.ts';

/** What a route says besides its key, target and port, or what all routes say where they are silent. */
export interface RouteSettings {
  readonly session: SessionUse;
  /** Null until the upstream or the default says it. */
  readonly timeoutMs: number | null;
  readonly upstream: ReadUpstream;
  readonly sticky: Sticky;
  readonly only: readonly Only[];
  readonly fallback: Route['fallback'];
  readonly effects: Route['effects'];
  readonly plan: Plan;
}

/** What these settings are read with. */
export interface Around {
  readonly hasSession: boolean;
  readonly legacy: ReadUpstream;
  readonly upstreams: readonly ReadUpstream[];
}

/** How long a side may take where nobody says anything. */
export const usualTimeoutMs = 30_000;

/** Reads `defaults`. Without a session map there is nothing to lock, so the default is then `none`. */
export function readDefaults(desk: Desk, file: Section, around: Around, base: RouteSettings): RouteSettings {
  const pair = file.fields.get('defaults');
  const section = readSection(desk, pair?.value ?? null, 'defaults', ' in "defaults"', pair?.at ?? file.at);
  return readRouteSettings(desk, section, ' in "defaults"', around, base);
}

/** Reads what a route, or `defaults`, says; what it leaves out is as in `base`. `where` ends sentences. */
export function readRouteSettings(
  desk: Desk,
  section: Section,
  where: string,
  around: Around,
  base: RouteSettings,
): RouteSettings {
  const read = <T>(key: string, parse: (text: string) => T): T | null =>
    section.fields.has(key) ? readAs(desk, valueOf(desk, section, key), key, parse) : null;
  return {
    session: readUse(desk, section, around) ?? base.session,
    timeoutMs: read('timeout', (text) => parseDuration(text, 'timeout')) ?? base.timeoutMs,
    upstream:
      read('upstream', (text) => upstreamNamed(text, around.upstreams, around.legacy)) ?? base.upstream,
    sticky: read('sticky', parseSticky) ?? base.sticky,
    only: readOnly(desk, section, where) ?? base.only,
    fallback:
      read('fallback', (text) =>
        oneOf(text, ['legacy', 'error'], 'bad-fallback', `fallback "${text}" is not legacy or error`),
      ) ?? base.fallback,
    effects: read('effects', parseEffects) ?? base.effects,
    plan: readPlan(desk, section, where, base.plan),
  };
}

/** Reads `none`, `read` or `write`. Throws a Mistake [bad-session]. */
export function parseSessionUse(text: string): SessionUse {
  if (text === 'none' || text === 'read' || text === 'write') return text;
  const help =
    didYouMean(text, ['none', 'read', 'write']) ?? 'none leaves it alone, read takes no lock, write locks it';
  throw new Mistake('bad-session', `session "${text}" is not none, read or write`, help);
}

function parseEffects(text: string): Route['effects'] {
  const message = `effects "${text}" is not refused or accepted`;
  if (text === 'rollback' || text === 'twice') {
    const help = `that is about what is compared: write "shadow: { effects: ${text} }"`;
    throw new Mistake('bad-effects', message, help);
  }
  return oneOf(text, ['refused', 'accepted'], 'bad-effects', message);
}

function readUse(desk: Desk, section: Section, { hasSession }: Around): SessionUse | null {
  if (!section.fields.has('session')) return null;
  const value = valueOf(desk, section, 'session');
  const use = readAs(desk, value, 'session', parseSessionUse);
  if (value !== null && use !== null && use !== 'none' && !hasSession) {
    const help = 'add "session: { store: mysql://… }" at the top, or write "session: none"';
    desk.error('no-session', value.span, `session "${use}" needs to know where sessions are kept`, help);
  }
  return hasSession ? use : null;
}

/** Reads `only`, a map of conditions that must all hold; `none` takes a default away. */
function readOnly(desk: Desk, section: Section, where: string): readonly Only[] | null {
  if (isWord(section, 'only', 'none')) return [];
  const node = section.fields.get('only')?.value ?? null;
  if (node !== null && !isMap(node)) {
    const example = 'write "only: { cookie: staff=1 }", or "only: none"';
    desk.error('bad-type', spanOf(node), `"only"${where} is not a map of conditions`, example);
    return null;
  }
  const only = subsectionOf(desk, section, 'only', 'only', ` in "only"${where}`);
  if (only === null) return null;
  return onlyKinds.flatMap((kind) => {
    const values = valuesOf(desk, only, kind);
    const [first] = values;
    if (first === undefined) return [];
    const read = orMistake(() =>
      parseOnly(
        kind,
        values.map(({ text }) => text),
      ),
    );
    if (!(read instanceof Mistake)) return read;
    const hasSecrets = values.some((value) => value.text !== value.shown);
    const message = hasSecrets
      ? `"${first.shown}" cannot be read once its variables are filled in`
      : read.message;
    desk.error(read.code, first.span, message, hasSecrets ? 'look at what the environment holds' : read.help);
    return [];
  });
}
