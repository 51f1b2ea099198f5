import { request as ask, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { asProblem, Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { answerHeaders, headerValue } from '../exchange/headers.ts';
import type { UpgradeOrder, UpgradeReply, UpgradeTo } from '../routing/upgrade.ts';
import { connectMs, dialTo, readyEvent } from './connect.ts';
import { properFields } from './proper-fields.ts';

/**
 * The way to WebSockets of the old application, each over a connection of its own. `insteadOfLegacy` is the address that
 * stands in for the one the file gives to `legacy`.
 */
export function upgradeTo(insteadOfLegacy: string | null, clock: Clock): UpgradeTo {
  return (order, gone) => {
    const { name, origin } = order.upstream;
    const address = name === 'legacy' && insteadOfLegacy !== null ? insteadOfLegacy : origin;
    return askFor(new URL(address), order, gone, clock).catch((thrown: unknown) => ({
      kind: 'failed',
      problem: asProblem(thrown, 'LEGACY_BROKE'),
    }));
  };
}

async function askFor(
  origin: URL,
  { target, upstream, headers, timeoutMs }: UpgradeOrder,
  gone: AbortSignal,
  clock: Clock,
): Promise<UpgradeReply> {
  const request = ask({
    path: target,
    headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    // Half-open, as the client's side is: a side that has said all it will may still be told something.
    createConnection: () => dialTo(origin, upstream.tls)({ allowHalfOpen: true }),
    maxHeaderSize: 65_536,
  });
  const giveUp = (code: 'LEGACY_DOWN' | 'LEGACY_TIMEOUT' | 'CLIENT_GONE', why: string): void => {
    request.destroy(new Problem(code, why));
  };
  const left = (): void => giveUp('CLIENT_GONE', 'the client left before legacy had answered');
  let callOff = clock.after(connectMs, () => giveUp('LEGACY_DOWN', `no connection within ${connectMs} ms`));
  let isConnected = false;
  const connected = (): void => {
    isConnected = true;
    callOff();
    const why = `legacy did not begin to answer within ${timeoutMs} ms`;
    callOff = clock.after(timeoutMs, () => giveUp('LEGACY_TIMEOUT', why));
  };
  request.once('socket', (socket) => {
    socket.once(readyEvent(origin), connected);
  });
  gone.addEventListener('abort', left);
  try {
    return await replyTo(request.end());
  } catch (thrown) {
    request.destroy();
    throw asProblem(thrown, isConnected ? 'LEGACY_BROKE' : 'LEGACY_DOWN');
  } finally {
    callOff();
    gone.removeEventListener('abort', left);
  }
}

function replyTo(request: ClientRequest): Promise<UpgradeReply> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Problem('LEGACY_BROKE', why));
    request.on('error', reject);
    request.on('upgrade', ({ statusMessage = '', rawHeaders }, socket: Socket, first: Buffer) => {
      const protocol = headerValue(rawHeaders, 'upgrade')?.trim().toLowerCase();
      if (protocol !== 'websocket') return fail(`legacy changed to ${protocol}, not to websocket`);
      socket.setTimeout(0);
      resolve({ kind: 'switched', reason: statusMessage, headers: rawHeaders, socket, first });
    });
    request.on('response', (response: IncomingMessage) => {
      const { statusCode: status = 0, statusMessage: reason = '', rawHeaders } = response;
      if (status < 200) return fail('legacy changed the protocol, and did not say to what');
      try {
        const headers = answerHeaders(properFields(status, rawHeaders));
        resolve({ kind: 'answered', answer: { status, reason, headers, body: response } });
      } catch (thrown) {
        reject(thrown as Problem);
      }
    });
  });
}
