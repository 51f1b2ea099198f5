import type { Test } from 'tap';
import type { GatewayProcess } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { Visitor, type Page } from '../../scripts/shop/visitor.ts';
import { perlReads } from './shop.ts';

/** What a visitor does. */
export type Click = (visitor: Visitor) => Promise<Page>;

/** Asks for a page of /cgi-bin/. */
export function get(page: string): Click {
  return (visitor) => visitor.get(page);
}

/** Sends a form to one. */
export function post(page: string, form: Record<string, string>): Click {
  return (visitor) => visitor.post(page, form);
}

/** Fields that speak of the moment, the server, the connection, or how the bytes were framed. */
const ofTheWay = ['date', 'server', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/** What must be equal: everything but the id of the session, the time, and how the bytes were framed. */
export function essence({ status, headers, body }: Page): unknown {
  const said = Object.entries(headers).filter(([name]) => !ofTheWay.includes(name));
  const cookies = [headers['set-cookie'] ?? []]
    .flat()
    .map((cookie) =>
      cookie.replace(/CGISESSID=[0-9a-f]{32}/, 'CGISESSID=<id>').replace(/expires=[^;]+/, 'expires=<date>'),
    );
  return { status, headers: { ...Object.fromEntries(said), 'set-cookie': cookies }, body };
}

/** A shop, and a gateway in front of it. */
export interface Sides {
  readonly shop: Shop;
  readonly gateway: GatewayProcess;
}

/**
 * Has one visitor click at Apache and another at the gateway, and holds every page of theirs against each other, and in the
 * end what Perl reads in their sessions. Gives back both visitors, Perl's first.
 */
export async function clickAlike(
  t: Test,
  { shop, gateway }: Sides,
  what: string,
  clicks: readonly Click[],
): Promise<[onPerl: Visitor, onPort: Visitor]> {
  const [onPerl, onPort] = [new Visitor(shop.apache.url), new Visitor(gateway.url)];
  for (const [i, click] of clicks.entries()) {
    const [expected, found] = [await click(onPerl), await click(onPort)];
    t.same(essence(found), essence(expected), `${what}, click ${i + 1}: the same page`);
  }
  await sameSession(t, shop, what, onPerl, onPort);
  return [onPerl, onPort];
}

/** Holds what Perl reads in the sessions of two visitors against each other. */
export async function sameSession(
  t: Test,
  shop: Shop,
  what: string,
  onPerl: Visitor,
  onPort: Visitor,
): Promise<void> {
  const read = async ({ sessionId }: Visitor): Promise<unknown> =>
    sessionId === null ? null : { ...(await perlReads(shop, sessionId)), _SESSION_ID: '<id>' };
  t.same(
    await read(onPort),
    await read(onPerl),
    `${what}: CGI::Session reads the same in both sessions, or there is none`,
  );
}

/** The codes of what the ports have left to legacy so far, one for each time. */
export function leftToLegacy({ gateway }: Sides): unknown[] {
  return gateway.log().flatMap((line) => line['fallback'] ?? []);
}

/** Writes Perl under a key of a session in which something is that has no comma. */
export async function putInSession({ db }: Shop, id: string, key: string, perl: string): Promise<void> {
  await db.query('UPDATE sessions SET a_session = REGEXP_REPLACE(a_session, ?, ?) WHERE id = ?', [
    `'${key}' => ([{][}]|[^,}]+)`,
    `'${key}' => ${perl}`,
    id,
  ]);
}
