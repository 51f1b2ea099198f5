import { isMap, type YAMLMap } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { findRoute, openForEdit, type PlainMap, verify, type WrittenRoute } from './edit-document.ts';
import { dropKey, oneLine, putKey, spliceAll } from './edit-splice.ts';
import { quoteTarget } from './edit.ts';

/** What of a ramp to change, as it is written in the file; what is left out stays. */
export interface RampChange {
  /** Rising shares such as `25%`. */
  readonly steps?: readonly string[];
  /** A duration. */
  readonly every?: string;
  /** The share at which a person shall look. */
  readonly holdAt?: string;
}

/**
 * Writes settings of a route's ramp. A route that has none gets `ramp: { … }`: in the line of its target, or in one new
 * line below `to:`. Throws a Mistake [unknown-route] or [not-editable].
 */
export function setRamp(text: string, nameOrKey: string, change: RampChange): string {
  const document = openForEdit(text);
  const route = findRoute(document, nameOrKey);
  const fields = fieldsOf(change);
  const changed =
    rampMap(route) === null ? addRamp(text, route, fields) : changeRamp(text, route.key, fields);
  verify(document, changed, (routes) => {
    if (route.map === null) routes.set(route.key, new Map([['to', String(route.target?.value)]]));
    const settings = routes.get(route.key) as PlainMap;
    const old = settings.get('ramp');
    const ramp: PlainMap = old instanceof Map ? old : new Map();
    for (const { key, value } of fields) ramp.set(key, value);
    settings.set('ramp', ramp);
  });
  return changed;
}

/** Takes the ramp of a route out of the file; `{ to: port 5% }` becomes `port 5%` again. */
export function stopRamp(text: string, nameOrKey: string): string {
  const document = openForEdit(text);
  const route = findRoute(document, nameOrKey);
  if (route.map === null || !route.map.has('ramp'))
    throw new Mistake('no-ramp', `route "${route.key}" has no ramp of its own`, 'there is nothing to stop');
  const isAlone = route.map.flow === true && route.map.items.length === 2 && route.target !== null;
  const changed = isAlone
    ? spliceAll(text, [
        {
          ...oneLine(text, route.map, `route "${route.key}"`),
          word: sourceOf(text, route),
          movesComment: true,
        },
      ])
    : dropKey(text, route.map, 'ramp');
  verify(document, changed, (routes) => {
    if (isAlone) routes.set(route.key, route.target?.value);
    else (routes.get(route.key) as PlainMap).delete('ramp');
  });
  return changed;
}

interface Field {
  readonly key: string;
  readonly value: string | readonly string[];
}

function fieldsOf({ steps, every, holdAt }: RampChange): Field[] {
  return [
    ...(steps === undefined ? [] : [{ key: 'steps', value: steps }]),
    ...(every === undefined ? [] : [{ key: 'every', value: every }]),
    ...(holdAt === undefined ? [] : [{ key: 'hold-at', value: holdAt }]),
  ];
}

function printValue(value: Field['value']): string {
  return typeof value === 'string' ? value : `[${value.join(', ')}]`;
}

function addRamp(text: string, route: WrittenRoute, fields: readonly Field[]): string {
  const ramp = `{ ${fields.map(({ key, value }) => `${key}: ${printValue(value)}`).join(', ')} }`;
  if (route.map !== null) return putKey(text, route.map, 'ramp', ramp);
  const span = oneLine(text, route.target, `the target of "${route.key}"`);
  return spliceAll(text, [
    { ...span, word: `{ to: ${sourceOf(text, route)}, ramp: ${ramp} }`, movesComment: true },
  ]);
}

/** One setting after the other: each moves the text behind it, so the next is looked up anew. */
function changeRamp(text: string, key: string, fields: readonly Field[]): string {
  return fields.reduce((now, field) => {
    const map = rampMap(findRoute(openForEdit(now), key));
    return map === null ? now : putKey(now, map, field.key, printValue(field.value));
  }, text);
}

function rampMap(route: WrittenRoute): YAMLMap | null {
  const ramp = route.map?.get('ramp', true);
  return isMap(ramp) ? ramp : null;
}

/** The target as it is written, ready to stand inside { }. */
function sourceOf(text: string, route: WrittenRoute): string {
  const { from, to } = oneLine(text, route.target, `the target of "${route.key}"`);
  return quoteTarget(text.slice(from, to), !/^["']/.test(text.slice(from, to)));
}
