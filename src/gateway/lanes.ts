import { Problem, asProblem } from '../errors.ts';
import type { Answer } from '../exchange/outcome.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { headerValue, requestHeaders } from '../exchange/headers.ts';
import { normalisePath, type RequestTarget } from '../exchange/path.ts';
import { type ExchangeRecord, untold } from '../record.ts';
import type { Matched } from '../routing/table.ts';
import { canonicalId, claimedIdOf, sessionLabel, withoutId } from '../session/identity.ts';
import { connectionOf, originOf, type Origin } from './client-address.ts';
import { Client } from './client.ts';
import { claimedInBody, type Contents, paramsOf } from './contents.ts';
import { answerToLink, forcedSide } from './force.ts';
import { afterEarlier } from './in-order.ts';
import type { Parts } from './parts.ts';
import { hasTooManyCookies, settleHost, whatIsImproper } from './proper.ts';
import { hasBody, noBody, receiveBody } from './receive.ts';
import { refusalOf, whyRefused } from './refuse.ts';
import { resultOf, wasAsked } from './report.ts';
import { serve, type Found } from './serve.ts';
import type { Visit } from './visits.ts';
import { beginToWitness } from './witness.ts';

/** Where a request made within another one shows whose turn it belongs to: HTTP_BANYAN_LEASE to a CGI script. */
const leaseField = 'banyan-lease';
/** What web servers say when they pass a request on (RFC 7239, RFC 9110 section 7.6.3). */
const forwardFields = ['x-forwarded-for', 'forwarded', 'via'];

/** A request at the door, before anybody knows what it is about. */
interface Arrival {
  readonly id: string;
  readonly visit: Visit;
  readonly startedMs: number;
  readonly client: Client;
  readonly from: Origin;
}

/** `OPTIONS *` asks about the server and no page of it (RFC 9110 section 9.3.7); Apache says no more, either. */
const aboutTheServer: Answer = { status: 200, headers: ['Content-Length', '0'], body: null };

/**
 * Takes in every request and picks its lane: the story, or, where a route is all legacy and there is neither a turn to
 * take nor a body to take in, a plain pass-through. Never rejects.
 */
export async function take(visit: Visit, parts: Parts): Promise<void> {
  const { request, response, method } = visit;
  const client = new Client(request, response, parts.outletTo);
  const earlier = afterEarlier(request, response);
  const came = earlier === null ? 'served' : await earlier;
  if (came === 'closed') return; // nobody is there any more to be answered
  const arrival: Arrival = {
    id: parts.newId(),
    visit,
    startedMs: parts.clock.nowMs(),
    client,
    from: originOf(connectionOf(request), request.rawHeaders, parts.limits().trust),
  };
  try {
    if (came === 'too many') throw new Problem('TOO_MANY_AHEAD', 'too many requests came in one go');
    if (method === 'TRACE') throw new Problem('METHOD_REFUSED', 'TRACE is not passed on');
    const improper = whatIsImproper(request);
    if (improper !== null) throw new Problem('NOT_HTTP', improper);
    if (hasTooManyCookies(request, parts.limits().clients))
      throw new Problem('COOKIES_TOO_LARGE', `${request.headers.cookie?.length} bytes of cookies`);
    settleHost(visit.target, request);
    if (method === 'OPTIONS' && /^\*(?:\?|$)/.test(visit.target)) {
      await client.send(aboutTheServer);
      parts.record(refusal(arrival, null, parts));
      return;
    }
    const target = normalisePath(visit.target);
    const { sessions } = parts;
    const { decoded: path, query } = target;
    const source = { headers: request.rawHeaders, method, path, query, body: null };
    const claimedId = sessions === null ? null : claimedIdOf(source, sessions.idPlaces);
    const toPage = answerToLink(method, target, parts.limits().adminToken, parts.clock);
    if (toPage !== null) {
      await client.send(toPage);
      parts.record(refusal(arrival, null, parts));
    } else if (hasBody(request)) await takeBody(arrival, target, claimedId, parts);
    else await pickLane(arrival, target, claimedId, parts);
  } catch (thrown) {
    const problem = whyRefused(request.socket) ?? asProblem(thrown, 'GATEWAY_FAULT');
    client.apologise(problem, arrival.id);
    parts.record(refusal(arrival, problem, parts));
  }
}

/** Finds the route of a request without a body, and passes it through where nobody needs to understand it. */
function pickLane(
  arrival: Arrival,
  target: RequestTarget,
  claimedId: string | null,
  parts: Parts,
): Promise<void> {
  const { request, method } = arrival.visit;
  const contents = { method, target, headers: request.rawHeaders, body: noBody };
  const found = findRoute(contents, parts);
  const { route } = found.matched;
  // Also without a session: the answer may bring one, whose turn is then to be taken.
  const mayTakeTurn = parts.sessions !== null && route.session === 'write';
  const isLegacy = route.target.stage === 'legacy' && found.forced?.side !== 'port';
  return isLegacy && !mayTakeTurn && !parts.recorder.wants(route)
    ? pass(arrival, target, found.matched, claimedId, parts)
    : tell(arrival, contents, claimedId, found, parts);
}

/** The body first: its parameters may say which route is meant. */
async function takeBody(
  arrival: Arrival,
  target: RequestTarget,
  claimedInHead: string | null,
  parts: Parts,
): Promise<void> {
  const { request, method } = arrival.visit;
  const { sessions, clock } = parts;
  const { maxBodyBytes: inMemoryBytes, clients } = parts.limits();
  const { body, release } = await receiveBody(request, { inMemoryBytes, clients, clock });
  const contents = { method, target, headers: request.rawHeaders, body };
  try {
    const claimed =
      sessions === null ? null : (claimedInHead ?? (await claimedInBody(contents, sessions.idPlaces)));
    await tell(arrival, contents, claimed, findRoute(contents, parts), parts);
  } finally {
    release();
  }
}

/** Asks the table of now, once. */
export function findRoute(contents: Contents, parts: Parts): Found {
  const { method, target, headers } = contents;
  const params = paramsOf(contents);
  const matched = parts.table().match(method, target.decoded, params);
  const forced = forcedSide(headers, matched.route, parts.limits().adminToken, parts.clock);
  return { matched, forced, params };
}

/** The story lane. */
async function tell(
  arrival: Arrival,
  contents: Contents,
  claimed: string | null,
  found: Found,
  parts: Parts,
): Promise<void> {
  const { method, target, headers, body } = contents;
  const { from } = arrival;
  const exchange: Exchange = {
    id: arrival.id,
    method,
    target,
    shownPath: withoutId(target, parts.sessions?.idPlaces ?? null),
    headers: requestHeaders(headers, from),
    body,
    params: found.params,
    sessionId: turnOf(claimed, parts),
    claimedSessionId: claimed,
    clientAddress: from.address,
    leaseToken: headerValue(headers, leaseField),
    wasForwarded: forwardFields.some((name) => headerValue(headers, name) !== null),
    receivedAtMs: parts.clock.epochMs(),
    startedMs: arrival.startedMs,
  };
  await serve(exchange, arrival.client, found, parts);
}

/** The spelling by which the turn of a claimed session is known. */
export function turnOf(claimedId: string | null, { sessions }: Parts): string | null {
  return sessions === null || claimedId === null ? null : canonicalId(claimedId, sessions.idPlaces);
}

/** The pass-through lane: bytes flow both ways, and only the record is made. */
async function pass(
  arrival: Arrival,
  target: RequestTarget,
  { route, revision }: Matched,
  claimedId: string | null,
  parts: Parts,
): Promise<void> {
  const { client, from } = arrival;
  const { request, response, method } = arrival.visit;
  const sessionId = turnOf(claimedId, parts);
  const witness = sessionId === null ? null : await beginToWitness(sessionId, route, parts);
  const passed = await parts.passThrough(response, {
    id: arrival.id,
    method,
    target: target.target,
    upstream: route.upstream,
    headers: requestHeaders(request.rawHeaders, from),
    timeoutMs: route.timeoutMs,
  });
  const { problem } = passed;
  const left = problem?.code === 'CLIENT_GONE';
  if (passed.status === null && problem !== null && !left) client.apologise(problem, arrival.id);
  const status = passed.status ?? problem?.status ?? 0;
  const failure = problem?.code === 'LEGACY_TIMEOUT' ? 'timeout' : 'exception';
  const result = problem === null ? resultOf(status) : failure;
  parts.record({
    ...untold,
    ...known(arrival, parts),
    lane: 'pass',
    path: withoutId(target, parts.sessions?.idPlaces ?? null),
    route: route.name,
    revision,
    upstream: route.upstream.name,
    session: sessionId === null ? null : { label: sessionLabel(sessionId), use: route.session },
    aside: witness === null ? null : await witness.end(),
    served: passed.status === null ? 'none' : 'legacy',
    why: 'the target is legacy and there is no turn to take',
    status,
    sides:
      problem === null || wasAsked(problem) ? [{ side: 'legacy', elapsedMs: passed.elapsedMs, result }] : [],
    problem: left ? client.cut : problem,
    clientLeft: left,
  });
}

/** The record of a request that went no further than the door. */
function refusal(arrival: Arrival, problem: Problem | null, parts: Parts): ExchangeRecord {
  return refusalOf({ ...known(arrival, parts), problem, clientLeft: arrival.client.left });
}

/** What the door knows of every request. */
function known({ id, visit, from, startedMs }: Arrival, { clock }: Parts) {
  return { id, method: visit.method, client: from.address, elapsedMs: clock.nowMs() - startedMs };
}
