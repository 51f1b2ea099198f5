import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { Lexer } from 'yaml';
import { setRamp, stopRamp } from '../../src/config/edit-ramp.ts';
import { setTargets } from '../../src/config/edit.ts';
import { formatText } from '../../src/config/format.ts';
import { hunkBetween } from '../../src/config/hunk.ts';
import { readSettings } from '../../src/config/read.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import type { Ramp } from '../../src/routing/plan.ts';
import type { Route } from '../../src/routing/route.ts';
import { parseTarget } from '../../src/routing/target.ts';

const folder = join(import.meta.dirname, 'examples');
const examples = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), 'utf8'),
}));
const disk = { fileExists: () => true, isFolder: () => true, listDirectory: () => [], readText: () => null };

/** The routes of a text, without their places; null for a text that the verbs refuse to write. */
function routesOf(text: string): Route[] | null {
  const { settings, findings } = readSettings('routes.yaml', text, {}, 1, { disk });
  if (settings !== null) return settings.table.routes.map((route) => ({ ...route, line: 0 }));
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.every(({ code }) => code === 'no-such-port' || code === 'shadow-writes')) return null;
  throw new Error(`${JSON.stringify(errors)}\n${text}`);
}

interface Step {
  readonly kind: 'target' | 'kill' | 'ramp' | 'hold' | 'stop' | 'format';
  /** Which of the routes, counted round. */
  readonly at: number;
  readonly target: string;
}

const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('target', 'target', 'target', 'kill', 'ramp', 'hold', 'stop', 'format'),
  at: fc.nat(30),
  target: fc.oneof(
    fc.constantFrom(
      'legacy',
      'port',
      'shadow',
      'shadow 20%',
      'retired',
      'port 10%, shadow',
      'port 5%, shadow 2%',
    ),
    fc.integer({ min: 0, max: 10_000 }).map((share) => `port ${share / 100}%`),
  ),
});

const ramp: Ramp = { stepPercents: [1, 25, 100], everyMs: 600_000, holdAtPercent: null, start: 'manual' };

/** Does one step; null where a person must do it by hand. */
function edit(text: string, { kind, target }: Step, route: Route, routes: readonly Route[]): string | null {
  const work = (): string => {
    switch (kind) {
      case 'target':
        return setTargets(text, [{ route: route.key, target }]);
      case 'kill':
        return setTargets(
          text,
          routes.map(({ key }) => ({ route: key, target: 'legacy' })),
        );
      case 'ramp':
        return setRamp(text, route.key, { steps: ['1%', '25%', '100%'], every: '10m' });
      case 'hold':
        return setRamp(text, route.key, { holdAt: '25%' });
      case 'stop':
        return stopRamp(text, route.key);
      case 'format':
        return formatText(text);
    }
  };
  const result = orMistake(work);
  if (!(result instanceof Mistake)) return result;
  const isByHand = result.message === '"steps" is not written on one line' || result.code === 'no-ramp';
  if (!isByHand || kind === 'target' || kind === 'kill' || kind === 'format') throw result;
  return null;
}

/** What the routes shall be after a step. */
function wanted({ kind, target }: Step, chosen: Route, routes: readonly Route[]): Route[] {
  return routes.map((route) => {
    if (kind === 'kill') return { ...route, target: parseTarget('legacy') };
    if (route.key !== chosen.key || kind === 'format') return route;
    const own = route.plan.ramp;
    if (kind === 'target') return { ...route, target: parseTarget(target) };
    if (kind === 'stop') return { ...route, plan: { ...route.plan, ramp: null } };
    if (kind === 'ramp')
      return { ...route, plan: { ...route.plan, ramp: { ...(own ?? ramp), ...sameSteps(own) } } };
    return { ...route, plan: { ...route.plan, ramp: { ...(own ?? ramp), holdAtPercent: 25 } } };
  });
}

function sameSteps(own: Ramp | null): Ramp {
  return { ...ramp, holdAtPercent: own?.holdAtPercent ?? null, start: own?.start ?? 'manual' };
}

const wordsOf = (text: string): string[] =>
  [...new Lexer().lex(text)].map((word) => word.trimEnd()).filter((word) => word !== '');
const comments = (text: string): string[] => wordsOf(text).filter((word) => word.startsWith('#'));
const bare = (line: string): string => line.replace(/ +#/g, ' #').replace(/\r$/, '');

/** Whether a line is another one with this word, perhaps in quotes, in the place of that. */
function isLineWith(before: string, after: string, old: RegExp, target: string): boolean {
  return [...before.matchAll(old)].some((found) =>
    [target, `'${target}'`].some(
      (word) =>
        bare(before.slice(0, found.index) + word + before.slice(found.index + found[0].length)) ===
        bare(after),
    ),
  );
}

const anyTarget =
  /(?:port(?: [\d.]+%)?|shadow|legacy|retired)(?: [\d.]+%)?(?:, ?shadow(?: legacy)?(?: [\d.]+%)?)?/g;

/** What a step must leave alone; a sentence where it did not. */
function harm(step: Step, before: string, after: string): string | null {
  const { removed, added } = hunkBetween(before, after);
  if (before.startsWith('\uFEFF') !== after.startsWith('\uFEFF')) return 'the byte order mark';
  if (before.includes('\r') && /[^\r]\n/.test(after)) return 'the line ends';
  if (step.kind === 'format')
    return isDeepStrictEqual(wordsOf(before), wordsOf(after)) && formatText(after) === after ? null : 'words';
  if (before.endsWith('\n') !== after.endsWith('\n')) return 'the last line end';
  if (step.kind === 'stop') return added.length <= 1 ? null : 'more lines than one';
  if (!isDeepStrictEqual(comments(before), comments(after))) return 'the comments';
  if (step.kind === 'ramp' || step.kind === 'hold') {
    return removed.length <= 2 && added.length <= removed.length + 1 ? null : 'more lines than one';
  }
  if (added.length !== removed.length) return 'the number of lines';
  const target = step.kind === 'kill' ? 'legacy' : step.target;
  if (step.kind === 'target' && added.length > 1) return 'more lines than one';
  const isOurs = (line: string, at: number): boolean =>
    line === removed[at] || step.kind === 'kill' || isLineWith(removed[at] ?? '', line, anyTarget, target);
  return added.every(isOurs) ? null : `more than the word:\n${removed.join('\n')}\n${added.join('\n')}`;
}

for (const { name, text: first } of examples) {
  t.test(`any edits of ${name} change what they are meant to and nothing else`, async (t) => {
    t.ok((routesOf(first) ?? []).length > 3, 'it is a file worth editing');
    let done = 0;
    const all = fc.property(fc.array(steps, { minLength: 1, maxLength: 8 }), (sequence) => {
      let text = first;
      for (const step of sequence) {
        const routes = routesOf(text) ?? [];
        const route = routes[step.at % routes.length] as Route;
        const next = edit(text, step, route, routes);
        if (next === null || (step.kind === 'hold' && route.plan.ramp === null)) continue;
        const damage = harm(step, text, next);
        if (damage !== null) throw new Error(`${step.kind} of ${route.key} harmed ${damage}\n${next}`);
        const after = routesOf(next);
        if (after === null) continue;
        if (!isDeepStrictEqual(after, wanted(step, route, routes)))
          throw new Error(`${step.kind} of ${route.key}: another table than was meant\n${next}`);
        text = next;
        done++;
      }
    });
    fc.assert(all, { seed: 4, numRuns: 25 });
    t.ok(done > 40, `${done} edits`);
  });
}
