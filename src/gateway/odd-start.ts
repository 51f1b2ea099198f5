import { METHODS, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair, Transform } from 'node:stream';
import { Server as SecureServer } from 'node:tls';

/** What Node's parser says of a first line that it cannot read. */
const lineCodes: ReadonlySet<unknown> = new Set([
  'HPE_INVALID_METHOD',
  'HPE_INVALID_CONSTANT', // a method of RTSP's, such as PLAY
  'HPE_INVALID_URL',
]);
/** A method may be any token (RFC 9110 section 9.1); nobody's is longer. */
const methodAtStart = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) /;
/** Stands for a method that Node does not know while Node reads the request; it means nothing to its parser. */
const standIn = 'LOCK';

/** What Node's parser could not read of a connection. */
interface ReadError extends Error {
  readonly code?: string;
  readonly rawPacket?: unknown;
}

/** The methods that requests were sent with, by the connections that Node reads them from. */
const sentMethods = new WeakMap<Duplex, string>();

/**
 * Has the first request of a connection read once more, with what Node's parser refuses and Apache serves put in words
 * that Node takes: a method that it has never heard of (BCOPY), and raw bytes above 127 in the address, which old pages and
 * programs leave unescaped (they become `%E9`). Returns whether it is read again. Only the very first bytes of a connection
 * can be: of others nobody can tell where their request began.
 */
export function readAgain(server: Server, error: ReadError, socket: Socket): boolean {
  const first = error.rawPacket;
  if (!lineCodes.has(error.code) || !Buffer.isBuffer(first) || socket.bytesRead !== first.length)
    return false;
  if (sentMethods.has(socket)) return false; // once is enough
  const method = methodAtStart.exec(first.toString('latin1', 0, 80))?.[1];
  if (method === undefined) return false;
  const isKnown = METHODS.includes(method);
  if (isKnown && error.code !== 'HPE_INVALID_URL') return false;
  const [reader, line] = duplexPair();
  sentMethods.set(reader, method);
  const start = escapedLine();
  start.write(isKnown ? first : Buffer.concat([Buffer.from(standIn), first.subarray(method.length)]));
  // Node's parser is done with this connection, and must not hear of it any more.
  for (const event of ['data', 'end', 'drain', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.pipe(start).pipe(line).pipe(socket);
  socket.on('error', () => undefined).once('close', () => reader.destroy());
  reader.once('close', () => socket.destroySoon());
  looksLike(reader, socket);
  server.emit(server instanceof SecureServer ? 'secureConnection' : 'connection', reader);
  return true;
}

/** The method that the request of a connection that was read again was sent with; null where it was read as it came. */
export function methodSent({ socket }: IncomingMessage): string | null {
  return sentMethods.get(socket) ?? null;
}

/** Escapes raw bytes above 127 up to the end of the first line. */
function escapedLine(): Transform {
  let isOver = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (isOver) return done(null, chunk);
      const end = chunk.indexOf(10);
      isOver = end !== -1;
      const cut = isOver ? end : chunk.length;
      const line = chunk
        .toString('latin1', 0, cut)
        .replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
      done(null, Buffer.concat([Buffer.from(line), chunk.subarray(cut)]));
    },
  });
}

/** What is asked of a connection besides its bytes is answered by the real one. */
function looksLike(reader: Duplex, socket: Socket): void {
  for (const name of ['remoteAddress', 'remotePort', 'localAddress', 'localPort', 'bytesRead'] as const)
    Object.defineProperty(reader, name, { get: () => socket[name] });
  if ('encrypted' in socket) Object.assign(reader, { encrypted: true });
}
