import type { Opaque, SessionValue } from '../session/session.ts';

/** Where an Opaque was read: only there, or from there, can its bytes be written again. */
export interface Provenance {
  /** The session it was read from. */
  readonly text: { readonly source: string };
  readonly start: number;
  readonly end: number;
  /** The session key whose fixups it takes part in; it cannot leave that key. Null for one that stands alone. */
  readonly boundTo: string | null;
  /** In formats where the place in the line counts: how far what it stands in was indented. */
  readonly indent?: number;
}

/** Kept outside the Opaque, so that a port can neither read nor forge the bytes that Perl will evaluate. */
const provenances = new WeakMap<object, Provenance>();

/** Makes the stand-in for something that JavaScript has no value for. */
export function makeOpaque(summary: string, provenance: Provenance): Opaque {
  const opaque: Opaque = Object.freeze({ opaque: true, summary });
  provenances.set(opaque, provenance);
  return opaque;
}

/** Where a value was read, or null if it is not an Opaque made here. */
export function provenanceOf(value: SessionValue | undefined): Provenance | null {
  return typeof value === 'object' && value !== null ? (provenances.get(value) ?? null) : null;
}
