import type { SessionUse } from '../session/session.ts';
import type { SessionUses } from './session.ts';
import { placeWords } from './words.ts';

/**
 * What there is to say of a route's `session:` setting, held against what its script does; null where they agree. A script
 * whose text was not understood to its end is not said to need less.
 */
export function turnAdvice(uses: SessionUses, use: SessionUse, isSure: boolean): string | null {
  const { keeper, opened, keys, deeds } = uses;
  const changes = [
    ...keys.flatMap(({ written, removed, changedInPlace }) => [...written, ...removed, ...changedInPlace]),
    ...deeds.filter(({ what }) => !['all', 'cookie'].includes(what)).map(({ place }) => place),
  ];
  const looks = [...opened, ...keys.flatMap(({ read }) => read), ...deeds.map(({ place }) => place)];
  const [change] = changes;
  const [look] = looks;
  if (use === 'write') {
    if (look === undefined && isSure)
      return 'the script opens no session: "session: none" would spare its requests the turn';
    const isLighter = keeper === 'apache-session' && change === undefined && isSure;
    return isLighter
      ? 'the script only reads its session: "session: read" would spare its requests the turn'
      : null;
  }
  const says = `and the route says "session: ${use}"`;
  if (change !== undefined)
    return `the script changes its session (${placeWords(change)}), ${says}: it takes no turn, and its port may not; write "session: write"`;
  if (look === undefined) return null;
  if (keeper === 'cgi-session')
    return `the script loads its session (${placeWords(look)}), which CGI::Session then writes back, ${says}: write "session: write", at least while legacy serves it`;
  return use === 'none'
    ? `the script reads its session (${placeWords(look)}), ${says}: its port is given none; write "session: read"`
    : null;
}
