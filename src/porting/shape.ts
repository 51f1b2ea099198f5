import { Problem } from '../errors.ts';
import type { Draft } from '../session/draft.ts';
import type { SessionValue } from '../session/session.ts';

/** A schema as zod, valibot, arktype and others have it: https://standardschema.dev, version 1. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Verdict | Promise<Verdict>;
    readonly types?: { readonly input: T } | undefined;
  };
}

interface Verdict {
  readonly issues?:
    readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] | undefined;
}

/** What a port expects under the keys of a session that it knows: a schema, or a function that says whether it is so. */
export type SessionShape = Readonly<
  Record<string, StandardSchema<unknown> | ((value: SessionValue) => value is SessionValue)>
>;

/** What is under a key, as its schema or function has it. */
export type Shaped<S> =
  S extends StandardSchema<infer T> ? T : S extends (value: any) => value is infer T ? T : never;

/** A draft that knows what is under some of its keys. */
export interface ShapedDraft<S extends SessionShape> extends Draft {
  get<K extends keyof S & string>(key: K): Shaped<S[K]> | null;
  get(key: string): SessionValue;
  set<K extends keyof S & string>(key: K, value: Shaped<S[K]>): void;
  set(key: string, value: SessionValue): void;
}

/**
 * Holds what is under a key against the shape. A schema checks, and converts nothing: the port gets the very value of the
 * session, so that changing it in place changes the session, and a page that only looks writes nothing else.
 *
 * Throws Problem SESSION_UNREADABLE for a value that was not expected, so that legacy answers.
 */
export function checkOf(shape: SessionShape): (key: string, value: SessionValue) => void {
  return (key, value) => {
    const check = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (check === undefined || value === null) return;
    const fault =
      typeof check === 'function' ? (check(value) ? null : 'it is something else') : faultOf(check, value);
    if (fault !== null)
      throw new Problem(
        'SESSION_UNREADABLE',
        `the port does not expect what is under ${key} of the session: ${fault}`,
      );
  };
}

function faultOf(schema: StandardSchema<unknown>, value: SessionValue): string | null {
  const verdict = schema['~standard'].validate(value);
  if (verdict instanceof Promise) throw new TypeError('the schema of a session must answer at once');
  const [first] = verdict.issues ?? [];
  if (first === undefined) return null;
  const path = (first.path ?? []).map((step) => (isStep(step) ? String(step.key) : String(step)));
  return path.length === 0 ? first.message : `${path.join('.')}: ${first.message}`;
}

function isStep(step: unknown): step is { key: unknown } {
  return typeof step === 'object' && step !== null && 'key' in step;
}
