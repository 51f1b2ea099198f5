import type { Socket } from 'node:net';

/** A client that still sends is read for so long, and for so many bytes, after it has been refused. */
const longestMs = 2_000;
const mostBytes = 16 * 1024 * 1024;
const lookEveryMs = 100;

const lingering = new WeakSet<Socket>();

/** Whether a connection has had its last answer. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}

/**
 * Ends a connection behind its last answer, whose bytes have been written, so that the client gets to read it. Closed
 * at once, the system answers what the client still sends with a reset, and most clients then throw away what they had
 * not read yet (promises.md 2a; RFC 9112 section 9.6): so we shut our side, and read on for a moment.
 */
export function linger(socket: Socket): void {
  if (lingering.has(socket)) return;
  lingering.add(socket);
  const lastByte = socket.bytesRead + mostBytes;
  let looks = longestMs / lookEveryMs;
  const timer = setInterval(() => {
    if (--looks <= 0 || socket.bytesRead > lastByte) socket.destroy();
  }, lookEveryMs).unref();
  socket.once('close', () => clearInterval(timer));
  // `end` comes again to nobody: a client that has shut its side before is only waited for until it has our answer
  const isOver = socket.readableEnded;
  socket.once('end', () => socket.destroy());
  socket.end(() => {
    if (isOver) socket.destroy();
  });
}
