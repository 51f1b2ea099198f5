import type { Dialect } from './storable-bytes.ts';
import { op } from './storable-ops.ts';

/**
 * An image of Storable (perl.md 3) as the graph it stands for: a node for every scalar, array and hash of Perl, and
 * the same node wherever the same one is meant. Nothing of it is ever made or run; classes are names.
 */
export interface StorableImage {
  /** A copy of its own, so that nobody changes it while spans of it are still to be written. */
  readonly source: Buffer;
  readonly dialect: Dialect;
  readonly root: StorableNode;
  /** Every node by its tag: the number under which Storable refers back to it. */
  readonly nodes: readonly StorableNode[];
}

/** One thing in the graph, and where it stands. */
export type StorableNode = NodeBasics &
  (
    | { readonly kind: 'undef' | 'regexp' | 'vstring' }
    | {
        readonly kind: 'number';
        /** Null where JavaScript has no such number. */ readonly value: number | null;
      }
    | { readonly kind: 'string'; /** Null where JavaScript has no such text. */ readonly text: string | null }
    | { readonly kind: 'array'; readonly items: StorableNode[] }
    | HashNode
    | { readonly kind: 'reference'; readonly weak: boolean; target: StorableNode }
    | { readonly kind: 'again'; readonly target: StorableNode }
    | { readonly kind: 'tied'; readonly parts: StorableNode[]; /** The index of TIED_IDX. */ index: number }
    | { readonly kind: 'code'; text: StorableNode }
    | HookNode
  );

/** What every node has. */
export interface NodeBasics {
  readonly start: number;
  /** Where its own opcode stands: after the class, if it has one. */
  readonly body: number;
  end: number;
  readonly op: number;
  readonly tag: number;
  className: string | null;
  /** Whether it is also reachable by another way than the one it stands at. */
  shared: boolean;
}

/** A hash; its entries in the order they stand. */
export type HashNode = { readonly kind: 'hash'; readonly flags: number; readonly entries: StorableEntry[] };

/** What an object's own STORABLE_freeze gave: text of its own, and things it refers to. */
export type HookNode = {
  readonly kind: 'hook';
  readonly type: number;
  /** What is tied, if it is something tied. */
  readonly extra: number | null;
  /** Things that stand inside it because nothing before did hold them. */
  readonly inside: StorableNode[];
  readonly refersTo: StorableNode[];
  frozenStart: number;
  frozenEnd: number;
  magic: StorableNode | null;
};

/** One value and its key; Storable writes the value first. */
export interface StorableEntry {
  readonly value: StorableNode;
  readonly flags: number;
  /** The length and the bytes of the key. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Null where JavaScript has no such text. */
  readonly key: string | null;
}

/** Stands in a node until what it leads to is read. A cycle cannot meet it: back-references name nodes, not targets. */
export const pending: StorableNode = Object.freeze({
  kind: 'undef',
  start: 0,
  body: 0,
  end: 0,
  op: op.undef,
  tag: 0,
  className: null,
  shared: false,
});
