import type { Exchange } from '../exchange/exchange.ts';
import { decide } from '../routing/decide.ts';
import type { Table } from '../routing/table.ts';
import { attempt } from './attempt.ts';
import type { Client } from './client.ts';
import { enter } from './enter.ts';
import type { Parts } from './parts.ts';
import { Report } from './report.ts';

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
 * Never rejects. One table serves the request from start to end, whatever is flipped meanwhile.
 */
export async function serve(exchange: Exchange, client: Client, table: Table, parts: Parts): Promise<void> {
  const report = new Report(exchange, parts.clock);

  // 1 decide
  const decision = decide(table, {
    method: exchange.method,
    decodedPath: exchange.target.decoded,
    sessionId: exchange.sessionId,
    visitor: exchange.clientAddress,
  });
  report.decided(decision);

  // 2 enter
  const entry = await enter(exchange, decision.route, client, parts);
  if (entry.problem !== null) {
    client.apologise(entry.problem, exchange.id);
    parts.record(report.refused(entry.problem, client));
    return;
  }
  const lease = entry.lease;
  report.entered(lease);

  // 3 attempt
  const outcome = await attempt(exchange, decision, lease, parts);

  // 4 answer: sent while legacy may still be printing; nobody downstream of here waits for the client
  const sent = outcome.kind === 'answered' ? client.send(outcome.answer) : Promise.resolve(null);
  if (outcome.kind === 'failed') client.apologise(outcome.problem, exchange.id);

  // 5 leave
  const finished = await outcome.finished;
  await lease.leave();
  report.left(outcome, finished);

  // 6 record
  const cut = client.left ? null : await sent;
  parts.record(report.finish(cut, client));
}
