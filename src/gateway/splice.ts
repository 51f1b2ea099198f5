import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A side that has nothing more to say is told the rest, for as long as this much time does not pass in silence. */
const lingerMs = 60_000;

/** How many bytes went each way. */
export interface Spliced {
  readonly fromClientBytes: number;
  readonly fromLegacyBytes: number;
}

/**
 * Makes one connection of two: what comes in at one end goes out at the other, no faster than it is taken, and where one
 * side says no more, the other is told no more. Resolves when both are closed.
 */
export async function splice(client: Socket, legacy: Duplex): Promise<Spliced> {
  const bytes = { fromClientBytes: 0, fromLegacyBytes: 0 };
  client.on('data', (chunk: Buffer) => (bytes.fromClientBytes += chunk.length));
  legacy.on('data', (chunk: Buffer) => (bytes.fromLegacyBytes += chunk.length));
  for (const side of [client, legacy])
    side.once('end', () => client.setTimeout(lingerMs, () => client.destroy()));
  await Promise.all([join(client, legacy), join(legacy, client)]);
  return bytes;
}

/** Ends a connection so that the other side sees it break, where the system lets us. */
function breakOff(side: Duplex): void {
  if (side instanceof Socket && !('encrypted' in side)) side.resetAndDestroy();
  else side.destroy();
}

/** Hands on what one end says, and its end. Resolves when it is closed. */
function join(from: Duplex, to: Duplex): Promise<void> {
  from.on('error', () => undefined); // `close` follows, and says it too
  from.pipe(to);
  return new Promise((resolve) => {
    from.once('close', () => {
      // Nobody hears an answer any more. Who broke off is broken off from; who said good-bye has all it said delivered.
      if (!from.readableEnded) breakOff(to);
      else if (to.writableFinished) to.destroy();
      else to.once('finish', () => to.destroy());
      resolve();
    });
  });
}
