import { Problem } from '../errors.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { provenanceOf } from './dumper-opaque.ts';
import type { Provenance } from './dumper-opaque.ts';

/** What a MEDIUMTEXT column holds; more values than that has no session. */
const maxValues = 4 * 1024 * 1024;

/** What one format can hold. */
export interface Limits {
  /** Containers inside each other. */
  readonly maxDepth: number;
  /** Whether characters above U+00FF come back as they are. */
  readonly wide: boolean;
}

/** What a session is written along, for the formats that keep the text of whole values. */
export class Kept {
  readonly #source: string | null;
  /** Texts that Opaques came from, and whether they are this one; compared once each. */
  readonly #origins = new Map<{ readonly source: string }, boolean>();

  constructor(source: string | null) {
    this.#source = source;
  }

  /** Whether an Opaque was read from the text we write along. */
  isFromHere({ text }: Provenance): boolean {
    const known = this.#origins.get(text) ?? text.source === this.#source;
    this.#origins.set(text, known);
    return known;
  }

  /** Whether two values are equal in all depth; Opaques if they stand at the same place of this text. */
  equals(one: SessionValue | undefined, other: SessionValue | undefined): boolean {
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
      return one === other;
    const [origin, otherOrigin] = [provenanceOf(one), provenanceOf(other)];
    if (origin !== null || otherOrigin !== null) {
      if (origin === null || otherOrigin === null || origin.start !== otherOrigin.start) return false;
      return this.isFromHere(origin) && this.isFromHere(otherOrigin);
    }
    if (Array.isArray(one) || Array.isArray(other)) {
      if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
      return one.every((item, index) => this.equals(item, other[index]));
    }
    const [hash, otherHash] = [one as SessionData, other as SessionData];
    const keys = Object.keys(hash);
    if (keys.length !== Object.keys(otherHash).length || !isPlain(hash)) return false;
    return keys.every((key) => Object.hasOwn(otherHash, key) && this.equals(hash[key], otherHash[key]));
  }

  /** Throws Problem SESSION_UNWRITABLE, naming the place, if a session holds what the format cannot. */
  check(data: SessionData, { maxDepth, wide }: Limits): void {
    const path: (string | number)[] = [];
    const open = new Set<object>();
    let count = 0;
    const refuse = (reason: string): never => {
      throw new Problem('SESSION_UNWRITABLE', `session ${pathText(path)}: ${reason}`);
    };
    const checkText = (text: string): void => {
      if (!text.isWellFormed()) refuse('text with half a surrogate pair');
      if (!wide && /[^\0-\xff]/.test(text)) refuse('a character above U+00FF; this format holds bytes');
    };
    const visit = (value: SessionValue | undefined): void => {
      if ((count += 1) > maxValues) refuse('the session grows too large');
      if (value === null) return;
      if (typeof value === 'string') return checkText(value);
      if (typeof value === 'number')
        return Number.isFinite(value) ? undefined : refuse(`${value} is not a number that Perl reads back`);
      if (typeof value !== 'object')
        return refuse(`${typeof value} has no form in Perl that reads back the same`);
      const provenance = provenanceOf(value);
      if (provenance !== null) {
        const { boundTo } = provenance;
        if (!this.isFromHere(provenance)) refuse('an Opaque that was not read from this session');
        if (boundTo !== null && (path.length !== 1 || path[0] !== boundTo))
          refuse(`it is shared within the session and cannot leave ${pathText([boundTo])}`);
        return;
      }
      if ('opaque' in value && value.opaque === true) refuse('an Opaque that was not read from this session');
      if (open.has(value)) refuse('it contains itself');
      if (open.size >= maxDepth) refuse(`more than ${maxDepth} values inside each other`);
      open.add(value);
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index += 1) step(index, value[index]);
      } else {
        if (!isPlain(value)) refuse('an object of a class');
        for (const [key, inner] of Object.entries(value as SessionData)) {
          checkText(key);
          step(key, inner);
        }
      }
      open.delete(value);
    };
    const step = (key: string | number, value: SessionValue | undefined): void => {
      path.push(key);
      visit(value);
      path.pop();
    };
    if (Array.isArray(data)) refuse('a session must be a hash');
    visit(data);
  }
}

/** The keys that stand in `entries` and are still there, in that order; then the new ones. */
export function keysAlong(data: SessionData, entries: ReadonlyMap<string, unknown>): string[] {
  const kept = [...entries.keys()].filter((key) => Object.hasOwn(data, key));
  return [...kept, ...Object.keys(data).filter((key) => !entries.has(key))];
}

/** A hash of Perl: an object literal or one without a prototype, also of another realm; not a Date, Map or class. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isBase = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isBase && Object.getOwnPropertySymbols(value).length === 0;
}

/** `cart[0].price`; keys that are not words are quoted. */
export function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'as a whole';
  const steps = path.map((step) =>
    typeof step === 'string' && /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`,
  );
  return steps.join('').replace(/^\./, '');
}
