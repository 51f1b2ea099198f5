import type { SessionUse } from '../session/session.ts';
import type { Candidate, Explanation } from './explain.ts';
import { printTarget } from './target.ts';

/** An explanation as one paragraph of plain English. `file` is the name to put before line numbers. */
export function explanationParagraph(explanation: Explanation, file: string): string {
  const { method, script, route, candidates } = explanation;
  const [, ...losers] = candidates;
  const place =
    route.line === 0 ? 'No route of the file takes it' : `The rule is "${route.key}" (${file}:${route.line})`;
  const sentences = [
    `${method} ${script.scriptName}${pathInfoWords(explanation)}${paramWords(explanation)} is ${serverWords(explanation)}.`,
    `${place}${route.line === 0 ? '' : `, which wins by its ${candidates[0]?.why ?? ''}`}.`,
    ...losers.slice(0, mostLosers).map((loser) => `${nameOf(loser)} loses: ${loser.why}.`),
    ...(losers.length > mostLosers ? [`${moreWords(losers.length - mostLosers)}.`] : []),
    decisionWords(explanation),
    turnWords[explanation.session],
    ...fallbackWords(explanation),
  ];
  return sentences.join(' ');
}

/** The same as a table of facts, for the eye: the candidates, then one fact a line. */
export function explanationFacts(explanation: Explanation, file: string): string[] {
  const { route, candidates, side, why, bucket } = explanation;
  const width = Math.max(...candidates.map((candidate) => candidate.key.length));
  const list = candidates.map(
    (candidate, at) =>
      `    ${at + 1}. ${candidate.key.padEnd(width)}  ${candidate.wins ? 'wins' : 'loses'}: ${candidate.why}`,
  );
  const place = route.line === 0 ? 'built in' : `${file}:${route.line}`;
  return [
    `  → ${route.name}   ${place}   "${route.key}"   ${printTarget(route.target)}`,
    ...list,
    `  side     ${(side ?? 'none').padEnd(6)}  ${why}`,
    ...(bucket === null ? [] : [`  bucket   ${(bucket / 100).toFixed(2).padEnd(6)}  of 100`]),
    `  session  ${route.session.padEnd(6)}  ${sessionWords[route.session]}`,
    `  legacy   ${route.upstream.name === 'legacy' ? 'the server at the top of the file' : `upstream "${route.upstream.name}"`}`,
    `  port     ${route.port ?? 'no file'}`,
    ...(route.plan.owner === null ? [] : [`  owner    ${route.plan.owner}`]),
    ...(route.plan.notes === null ? [] : [`  notes    ${route.plan.notes}`]),
  ];
}

const mostLosers = 3;

const sessionWords: Readonly<Record<SessionUse, string>> = {
  none: 'the session is left alone',
  read: 'snapshot, no lock',
  write: 'locked for the whole request',
};

const turnWords: Readonly<Record<SessionUse, string>> = {
  none: 'It leaves the session alone and takes no turn.',
  read: 'It sees a snapshot of the session and takes no turn.',
  write: 'It takes the turn in its session, if it names one, and holds it until its side is finished.',
};

function decisionWords({ route, why, bucket }: Explanation): string {
  const target = `Its target is ${printTarget(route.target)}`;
  if (bucket !== null) return `${target}: the ${why}.`;
  return why.startsWith('the target is ') ? `${target}.` : `${target}: ${why}.`;
}

function serverWords({ side, route }: Explanation): string {
  if (side === 'port') return 'served by the port';
  if (side === null) return 'answered with 410 Gone';
  return route.upstream.name === 'legacy'
    ? 'served by legacy'
    : `served by legacy (upstream "${route.upstream.name}")`;
}

function pathInfoWords({ script }: Explanation): string {
  return script.pathInfo === '' ? '' : ` with the PATH_INFO ${script.pathInfo}`;
}

function paramWords({ params }: Explanation): string {
  if (params === null) return ', whose parameters cannot be read,';
  return params.length === 0
    ? ''
    : ` with ${params.map(({ name, value }) => `${name}=${value}`).join(' and ')}`;
}

function fallbackWords({ side, route }: Explanation): string[] {
  if (side !== 'port') return [];
  if (route.fallback === 'legacy' && route.effects === 'accepted') {
    const unless = 'unless it has written to a table that does not roll back ("effects: accepted")';
    return [`If the port fails before it has committed, legacy answers, ${unless}.`];
  }
  return route.fallback === 'legacy'
    ? ['If the port fails before it has committed, legacy answers.']
    : ['If the port fails, its visitor is told so ("fallback: error").'];
}

function moreWords(count: number): string {
  return count === 1
    ? '1 more route takes the path and loses'
    : `${count} more routes take the path and lose`;
}

function nameOf({ key, line }: Candidate): string {
  return line === 0 ? 'The built-in route' : `"${key}" (line ${line})`;
}
