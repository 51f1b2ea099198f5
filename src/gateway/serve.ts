import { Problem } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { decide } from '../routing/decide.ts';
import type { Forced } from '../routing/force.ts';
import type { Matched } from '../routing/table.ts';
import { attempt } from './attempt.ts';
import type { Client } from './client.ts';
import { enter } from './enter.ts';
import { follow } from './follow.ts';
import { leave, whatWasSeen } from './leave.ts';
import type { Parts } from './parts.ts';
import { Report } from './report.ts';
import { Sights } from './sights.ts';

/** What was found out at the door. */
export interface Found {
  /** The route, from the one table that serves the request from start to end. */
  readonly matched: Matched;
  /** The side that the request may ask for, and does. */
  readonly forced: Forced | null;
  /** The parameters; see Exchange. */
  readonly params: Exchange['params'];
}

/**
 * THE STORY: what happens to one request.
 *
 *    browser                  gateway                                  the two sides
 *       │ ── request ──────▶ 1 decide    which side, and why
 *       │                    2 enter     wait for this session's turn
 *       │                    3 attempt ─────────────────────────────▶ port | legacy
 *       │ ◀─ answer ──────── 4 answer   ◀───────────────────────────── (legacy, if the port failed without a trace)
 *       │                    5 leave     when that side is *finished*, not when the client is gone
 *       │                    6 record    metrics, log
 *
 * Never rejects.
 */
export async function serve(
  exchange: Exchange,
  client: Client,
  { matched, forced }: Found,
  parts: Parts,
): Promise<void> {
  const report = new Report(exchange, parts.clock);

  // 1 decide
  const { sessionId, clientAddress: address, headers, params, id: exchangeId } = exchange;
  const decision = decide(matched, { sessionId, address, headers, params, exchangeId }, forced);
  report.decided(decision);
  if (decision.serve === null) {
    const problem = new Problem('RETIRED', `route ${matched.route.name} is retired`);
    client.apologise(problem, exchange.id);
    parts.record(report.refused({ problem, nested: null }, client));
    return;
  }

  // 2 enter
  const entry = await enter(exchange, decision.route, client, parts);
  if (entry.problem !== null) {
    client.apologise(entry.problem, exchange.id);
    parts.record(report.refused(entry, client));
    return;
  }
  const lease = entry.lease;
  const sights = new Sights(lease, parts.sessions?.watch ?? null, parts.clock);
  report.entered(entry);

  // 3 attempt
  const recording = parts.recorder.begin(exchange, decision.route); // null, unless somebody wants tests made
  const outcome = await attempt(exchange, decision, lease, sights, client, parts);
  const followed = await follow(exchange, decision.route, outcome, parts); // a login: the new session's turn, too

  // 4 answer: sent while legacy may still be printing; nobody downstream of here waits for the client
  const answer = outcome.kind === 'answered' ? (recording?.answered(outcome) ?? outcome.answer) : null;
  const sent = answer === null ? Promise.resolve(null) : client.send(answer);
  if (outcome.kind === 'failed') client.apologise(outcome.problem, exchange.id);

  // 5 leave
  const finished = await outcome.finished;
  await leave(lease, sights, outcome, followed);
  report.left(outcome, finished);
  report.saw(await whatWasSeen(exchange, decision.route, entry, sights, followed, parts));

  // 6 record
  const cut = client.left ? client.cut : await sent;
  if (cut === null && !client.left) recording?.end(sights.before, sights.after);
  parts.record(report.finish(cut, client));
}
