import type { Document } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { parseTarget, printTarget } from '../routing/target.ts';
import { findRoute, openForEdit, type PlainMap, verify, type WrittenRoute } from './edit-document.ts';
import { oneLine, type Splice, spliceAll } from './edit-splice.ts';
import { hasVariables } from './variables.ts';

/** A route, by its key or its name, and the target it shall have. */
export interface NewTarget {
  readonly route: string;
  readonly target: string;
  /** Whether it may also be put in the place of a `${…}`: what counts then is that it takes hold. */
  readonly mayReplaceVariable?: boolean;
}

/**
 * Changes the targets of routes. Only those words change, and the spaces before a comment behind them: quotes, line
 * ends, a byte order mark and everything else stay as they are.
 * Throws a Mistake: [unknown-route], [not-editable], or what `parseTarget` finds.
 */
export function setTargets(text: string, changes: readonly NewTarget[]): string {
  const document = openForEdit(text);
  const edits = changes.map((change) => editOf(text, document, change));
  const changed = spliceAll(
    text,
    edits.map(({ splice }) => splice),
  );
  verify(document, changed, (routes) => {
    for (const { route, target } of edits) {
      if (route.map === null) routes.set(route.key, target);
      else (routes.get(route.key) as PlainMap).set('to', target);
    }
  });
  return changed;
}

/** A target as it must be written where a route stands: a comma needs quotes inside { }. */
export function quoteTarget(target: string, isInBraces: boolean): string {
  return isInBraces && target.includes(',') ? `'${target}'` : target;
}

interface TargetEdit {
  readonly route: WrittenRoute;
  readonly target: string;
  readonly splice: Splice;
}

function editOf(text: string, document: Document.Parsed, change: NewTarget): TargetEdit {
  const route = findRoute(document, change.route);
  const target = printTarget(parseTarget(change.target));
  if (route.target === null) {
    const help = 'write "to: legacy" in it first';
    throw new Mistake('not-editable', `route "${route.key}" has no target to change`, help);
  }
  const span = oneLine(text, route.target, `the target of "${route.key}"`);
  const old = text.slice(span.from, span.to);
  if (hasVariables(old) && change.mayReplaceVariable !== true)
    throw new Mistake(
      'not-editable',
      `the target of "${route.key}" comes from ${old}`,
      'change that variable',
    );
  const quote = /^["']/.exec(old)?.[0];
  const word = quote === undefined ? quoteTarget(target, route.isInBraces) : quote + target + quote;
  return { route, target, splice: { ...span, word } };
}
