import type { Opaque, SessionData, SessionValue } from '../session/session.ts';
import { hashFlag, keyFlag } from './storable-ops.ts';
import type { StorableEntry, StorableImage, StorableNode } from './storable-node.ts';

/** Where an Opaque was read: which place of which image. */
export interface Origin {
  readonly image: StorableImage;
  readonly start: number;
  readonly tag: number;
}

/** Kept outside the Opaque, so that a port can neither read nor forge what Perl will thaw. */
const origins = new WeakMap<object, Origin>();

/** Where a value was read, or null if it is not an Opaque made here. */
export function originOf(value: SessionValue | undefined): Origin | null {
  return typeof value === 'object' && value !== null ? (origins.get(value) ?? null) : null;
}

/** The session that a hash of Perl stands for. */
export function viewOf(image: StorableImage, entries: readonly StorableEntry[]): SessionData {
  const hash: SessionData = Object.create(null);
  for (const { key, flags, value } of entries) {
    if (key !== null && (flags & keyFlag.placeholder) === 0) hash[key] = valueOf(image, value);
  }
  return hash;
}

function valueOf(image: StorableImage, node: StorableNode): SessionValue {
  const why = opacity(node);
  if (why !== null) return makeOpaque(image, node, why);
  switch (node.kind) {
    case 'string':
      return node.text;
    case 'number':
      return node.value;
    case 'reference': {
      const { target } = node;
      if (target.kind === 'hash') return viewOf(image, target.entries);
      return target.kind === 'array' ? target.items.map((item) => valueOf(image, item)) : null;
    }
    case 'undef':
    case 'again':
    case 'array':
    case 'hash':
    case 'tied':
    case 'code':
    case 'hook':
    case 'regexp':
    case 'vstring':
      return null;
  }
}

function makeOpaque(image: StorableImage, { start, tag }: StorableNode, summary: string): Opaque {
  const opaque: Opaque = Object.freeze({ opaque: true, summary });
  origins.set(opaque, { image, start, tag });
  return opaque;
}

/**
 * Why what stands at a place has no value in JavaScript; null if it has. Plain are undef, strings, numbers, and
 * references to hashes and arrays that nothing else refers to.
 */
export function opacity(node: StorableNode): string | null {
  if (node.shared) return sharedOrCyclic;
  if (node.className !== null) return ofClass(node.className);
  switch (node.kind) {
    case 'undef':
      return null;
    case 'string':
      return node.text === null ? 'text outside Unicode' : null;
    case 'number':
      if (node.value !== null) return null;
      return node.end - node.body > 9 ? 'long double' : 'integer beyond 2^53';
    case 'reference':
      return node.weak ? 'weak reference' : opacityOfTarget(node.target);
    case 'again':
    case 'array':
    case 'hash':
    case 'tied':
    case 'code':
    case 'hook':
    case 'regexp':
    case 'vstring':
      return summaries[node.kind];
  }
}

function opacityOfTarget(target: StorableNode): string | null {
  if (target.shared) return sharedOrCyclic;
  if (target.kind === 'regexp' && target.className === 'Regexp') return summaries.regexp;
  if (target.className !== null) return ofClass(target.className);
  if (target.kind === 'array') return null;
  if (target.kind === 'code' || target.kind === 'tied') return summaries[target.kind];
  if (target.kind !== 'hash') return summaries.reference;
  if ((target.flags & hashFlag.restricted) !== 0) return 'restricted hash';
  return target.entries.some(({ key }) => key === null) ? 'a key outside Unicode' : null;
}

function ofClass(className: string): string {
  return `blessed ${className}`;
}

const sharedOrCyclic = 'shared or cyclic';

const summaries = {
  reference: 'reference',
  regexp: 'regular expression',
  vstring: 'v-string',
  code: 'code',
  tied: 'tied',
  hook: 'object',
  again: sharedOrCyclic,
  array: 'array without a reference',
  hash: 'hash without a reference',
};
