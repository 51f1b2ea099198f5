import { cookieValue } from '../exchange/cookies.ts';
import { headerValue, type RawHeaders } from '../exchange/headers.ts';
import type { Params } from '../exchange/params.ts';
import { sessionLabel } from '../session/identity.ts';
import { Mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import { type Network, networkHolds, parseNetwork } from './network.ts';

/** Who sent a request, as far as routes ask. */
export interface Visitor {
  readonly sessionId: string | null;
  /** The address of the client; it stands in for the session where there is none. */
  readonly address: string;
  readonly headers: RawHeaders;
  /** The parameters; null where they could not be read. */
  readonly params: () => Params | null;
  /** Unique to the request. */
  readonly exchangeId: string;
}

/** By what visitors are told apart, so that each stays on one side. */
export type Sticky =
  | { readonly by: 'session' }
  | { readonly by: 'ip' }
  | { readonly by: 'none' }
  | { readonly by: 'cookie' | 'header'; readonly name: string };

/** What a visitor without it is not given the port for; of several values one is enough. */
export type Only =
  | { readonly by: 'cookie' | 'header' | 'param'; readonly name: string; readonly values: readonly string[] }
  | { readonly by: 'session'; readonly values: readonly string[] }
  | { readonly by: 'ip'; readonly networks: readonly Network[]; readonly values: readonly string[] };

/** The kinds of `only`, in the order of the documentation. */
export const onlyKinds = ['cookie', 'header', 'param', 'ip', 'session'] as const;

/** Reads `session`, `ip`, `none`, `cookie:NAME` or `header:NAME`. Throws a Mistake [bad-sticky]. */
export function parseSticky(text: string): Sticky {
  if (text === 'session' || text === 'ip' || text === 'none') return { by: text };
  const [, by, name] = /^(cookie|header): ?([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/.exec(text) ?? [];
  if (name !== undefined) return by === 'cookie' ? { by, name } : { by: 'header', name: name.toLowerCase() };
  const near = nearest(text, ['session', 'ip', 'none']);
  const help =
    near === null ? 'write session, ip, none, cookie:NAME or header:NAME' : `did you mean "${near}"?`;
  throw new Mistake('bad-sticky', `cannot read sticky "${text}"`, help);
}

/** Reads the values of one kind of `only`: `NAME` or `NAME=VALUE`, addresses, session ids. Throws a Mistake [bad-only]. */
export function parseOnly(kind: (typeof onlyKinds)[number], texts: readonly string[]): Only {
  if (kind === 'session') return { by: kind, values: texts };
  if (kind === 'ip') return { by: kind, values: texts, networks: texts.map((text) => parseNetwork(text)) };
  const pairs = texts.map((text) => splitPair(text, kind));
  const [first] = pairs;
  const other = pairs.find(({ name }) => name !== first?.name);
  if (first === undefined || other !== undefined) {
    throw new Mistake(
      'bad-only',
      `"only: ${kind}" names several: "${first?.name}" and "${other?.name}"`,
      'one name with one or more values',
    );
  }
  const values = pairs.flatMap(({ value }) => (value === null ? [] : [value]));
  return { by: kind, name: first.name, values: values.length < pairs.length ? [] : values };
}

/** What the visitor's place among all is taken from. */
export function stickyKey(sticky: Sticky, visitor: Visitor): { readonly key: string; readonly who: string } {
  const byAddress = { key: visitor.address, who: 'visitor' };
  if (sticky.by === 'none') return { key: visitor.exchangeId, who: 'request' };
  if (sticky.by === 'ip') return byAddress;
  if (sticky.by === 'session') {
    return visitor.sessionId === null ? byAddress : { key: visitor.sessionId, who: 'session' };
  }
  const value = readField(sticky.by, sticky.name, visitor.headers);
  return value === null ? byAddress : { key: value, who: `${sticky.by} ${sticky.name}` };
}

/** The first condition that keeps the visitor from the port, or null where none does. */
export function keptOutBy(only: readonly Only[], visitor: Visitor): Only | null {
  return only.find((each) => !holds(each, visitor)) ?? null;
}

/** A condition as it is written: `cookie staff=1`. */
export function printOnly(only: Only): string {
  if (only.by === 'ip' || only.by === 'session') return `${only.by} ${only.values.join(' or ')}`;
  return `${only.by} ${only.name}${only.values.length === 0 ? '' : `=${only.values.join(' or ')}`}`;
}

function holds(only: Only, visitor: Visitor): boolean {
  if (only.by === 'ip') return only.networks.some((network) => networkHolds(network, visitor.address));
  if (only.by === 'session') {
    const { sessionId } = visitor;
    return (
      sessionId !== null && (only.values.includes(sessionId) || only.values.includes(sessionLabel(sessionId)))
    );
  }
  const value =
    only.by === 'param'
      ? (visitor.params()?.get(only.name) ?? null)
      : readField(only.by, only.name, visitor.headers);
  return value !== null && (only.values.length === 0 || only.values.includes(value));
}

function readField(by: 'cookie' | 'header', name: string, headers: RawHeaders): string | null {
  return by === 'cookie' ? cookieValue(headers, name) : headerValue(headers, name);
}

function splitPair(text: string, kind: string): { readonly name: string; readonly value: string | null } {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const value = equals === -1 ? null : Buffer.from(text.slice(equals + 1), 'utf8').toString('latin1');
  if (kind !== 'param' && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new Mistake(
      'bad-only',
      `"${name}" cannot be the name of a ${kind}`,
      `write "${kind}: NAME" or "${kind}: NAME=VALUE"`,
    );
  }
  return { name: kind === 'header' ? name.toLowerCase() : name, value };
}
