import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem, asProblem } from '../errors.ts';
import type { Body } from '../exchange/body.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { findField } from '../exchange/form-field.ts';
import { headerValue, headerValues, requestHeaders } from '../exchange/headers.ts';
import { normalisePath, type RequestTarget } from '../exchange/path.ts';
import type { ExchangeRecord } from '../record.ts';
import {
  canonicalId,
  checkedId,
  claimedIdOf,
  type IdPlaces,
  sessionLabel,
  withoutId,
} from '../session/identity.ts';
import { clientOf, type Client } from './client.ts';
import type { Parts } from './parts.ts';
import { hasBody, receiveBody } from './receive.ts';
import { resultOf } from './report.ts';
import { serve, type Matched } from './serve.ts';
import { beginToWitness } from './witness.ts';

/** Where a request made within another one shows whose turn it belongs to: HTTP_BANYAN_LEASE to a CGI script. */
const leaseField = 'banyan-lease';
/** What web servers say when they pass a request on (RFC 7239, RFC 9110 section 7.6.3). */
const forwardFields = ['x-forwarded-for', 'forwarded', 'via'];

/** A request at the door, before anybody knows what it is about. */
interface Arrival {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly startedMs: number;
  readonly client: Client;
}

/**
 * Takes in every request and picks its lane: the story, or, where a route is all legacy and there is neither a turn to
 * take nor a body to take in, a plain pass-through. `method` and `rawTarget` are what the client sent. Never rejects.
 */
export async function take(
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  rawTarget: string,
  parts: Parts,
): Promise<void> {
  const client = clientOf(request, response);
  const arrival = { id: parts.newId(), request, response, method, startedMs: parts.clock.nowMs(), client };
  try {
    if (method === 'TRACE' || method === 'CONNECT')
      throw new Problem('METHOD_REFUSED', `${method} is not passed on`);
    if (headerValues(request.rawHeaders, 'host').length > 1)
      throw new Problem('NOT_HTTP', 'there are two Host fields');
    const target = normalisePath(rawTarget);
    const table = parts.table();
    const route = table.match(method, target.decoded);
    const { sessions } = parts;
    const { decoded: path, query } = target;
    const source = { headers: request.rawHeaders, method, path, query, body: null };
    const claimedId = sessions === null ? null : claimedIdOf(source, sessions.idPlaces);
    // Also without a session: the answer may bring one, whose turn is then to be taken.
    const mayTakeTurn = sessions !== null && route.session === 'write';
    if (route.target.stage === 'legacy' && !mayTakeTurn && !hasBody(request)) {
      await pass(arrival, target, { route, revision: table.revision }, claimedId, parts);
    } else await tell(arrival, target, { route, revision: table.revision }, claimedId, parts);
  } catch (thrown) {
    const problem = asProblem(thrown, 'GATEWAY_FAULT');
    client.apologise(problem, arrival.id);
    parts.record(refusal(arrival, problem, parts));
  }
}

/** The story lane: the body first, then the story. */
async function tell(
  arrival: Arrival,
  target: RequestTarget,
  matched: Matched,
  claimedInHead: string | null,
  parts: Parts,
): Promise<void> {
  const { request, client } = arrival;
  const receivedAtMs = parts.clock.epochMs();
  const { body, release } = await receiveBody(request);
  const clientAddress = addressOf(request);
  const { sessions } = parts;
  try {
    const claimed =
      sessions === null
        ? null
        : (claimedInHead ?? (await claimedInBody(arrival, target, body, sessions.idPlaces)));
    const exchange: Exchange = {
      id: arrival.id,
      method: arrival.method,
      target,
      shownPath: withoutId(target, sessions?.idPlaces ?? null),
      headers: requestHeaders(request.rawHeaders, { clientAddress, scheme: 'http' }),
      body,
      sessionId: turnOf(claimed, parts),
      claimedSessionId: claimed,
      clientAddress,
      leaseToken: headerValue(request.rawHeaders, leaseField),
      wasForwarded: forwardFields.some((name) => headerValue(request.rawHeaders, name) !== null),
      receivedAtMs,
      startedMs: arrival.startedMs,
    };
    await serve(exchange, client, matched, parts);
  } finally {
    release();
  }
}

/** The spelling by which the turn of a claimed session is known. */
function turnOf(claimedId: string | null, { sessions }: Parts): string | null {
  return sessions === null || claimedId === null ? null : canonicalId(claimedId, sessions.idPlaces);
}

/** The id of the session where it stands in a form; a large one waits on disk, and is read as far as it must. */
async function claimedInBody(
  { request, method }: Arrival,
  target: RequestTarget,
  body: Body,
  places: IdPlaces,
): Promise<string | null> {
  const headers = request.rawHeaders;
  if (body.bytes !== null) {
    return claimedIdOf(
      { headers, method, path: target.decoded, query: target.query, body: body.bytes },
      places,
    );
  }
  const finder = method === 'POST' ? findField(headerValue(headers, 'content-type'), places.name) : null;
  if (finder === null) return null;
  // Not to be destroyed: its file is closed with it, and the side has still to be given the body.
  const pieces = body.stream().iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) if (finder.push(chunk as Buffer)) break;
  return checkedId(finder.end());
}

/** The pass-through lane: bytes flow both ways, and only the record is made. */
async function pass(
  arrival: Arrival,
  target: RequestTarget,
  { route, revision }: Matched,
  claimedId: string | null,
  parts: Parts,
): Promise<void> {
  const { request, response, client } = arrival;
  const sessionId = turnOf(claimedId, parts);
  const witness = await beginToWitness(sessionId, route, parts);
  const passed = await parts.passThrough(response, {
    method: arrival.method,
    target: target.target,
    headers: requestHeaders(request.rawHeaders, { clientAddress: addressOf(request), scheme: 'http' }),
    timeoutMs: route.timeoutMs,
  });
  const { problem } = passed;
  const left = problem?.code === 'CLIENT_GONE';
  if (passed.status === null && problem !== null && !left) client.apologise(problem, arrival.id);
  const status = passed.status ?? problem?.status ?? 0;
  const failure = problem?.code === 'LEGACY_TIMEOUT' ? 'timeout' : 'exception';
  parts.record({
    ...refusal(arrival, null, parts),
    path: withoutId(target, parts.sessions?.idPlaces ?? null),
    route: route.name,
    revision,
    session: sessionId === null ? null : { label: sessionLabel(sessionId), use: route.session },
    aside: witness === null ? null : await witness.end(),
    served: passed.status === null ? 'none' : 'legacy',
    why: 'the target is legacy and there is no turn to take',
    status,
    sides: left
      ? []
      : [
          {
            side: 'legacy',
            elapsedMs: passed.elapsedMs,
            result: problem === null ? resultOf(status) : failure,
          },
        ],
    problem: left ? null : problem,
    clientLeft: left,
  });
}

/** The record of a request that went no further than the door. */
function refusal(arrival: Arrival, problem: Problem | null, parts: Parts): ExchangeRecord {
  return {
    id: arrival.id,
    method: arrival.method,
    path: '',
    route: '(refused)',
    revision: 0,
    lane: 'pass',
    served: 'none',
    why: 'it went no further than the door',
    status: problem?.status ?? 0,
    elapsedMs: parts.clock.nowMs() - arrival.startedMs,
    session: null,
    turn: null,
    nested: null,
    followed: null,
    aside: null,
    sides: [],
    fallback: null,
    problem,
    clientLeft: arrival.client.left,
  };
}

function addressOf(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
