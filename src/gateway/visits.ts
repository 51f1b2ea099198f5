import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as SecureServer } from 'node:tls';
import { Roster } from '../exchange/roster.ts';

/** A connection that has said nothing is given so long when the listener ends: its request may be on its way. */
const silentMs = 1_000;
/** Node closes idle connections once, when it is told to; those that become idle later are looked for so often. */
const idleEveryMs = 50;

/** A request under way. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The method and the target as the client sent them. */
  readonly method: string;
  readonly target: string;
}

/** The requests and connections of a listener, and how they come to their end with it. */
export interface Visits {
  /** Serves a request, which is under way until the work is over: also where its client has left. It never rejects. */
  serve(visit: Visit, work: () => Promise<void>): void;
  /** Takes note of a WebSocket, until it is closed. */
  add(socket: Promise<void>): void;
  /**
   * Takes no new connection, and resolves when every request is over and every connection closed, with nothing; or once
   * `now` is aborted, with the requests that are still under way. WebSockets are cut then, for they have no end.
   */
  drain(now: AbortSignal): Promise<Visit[]>;
}

/** Watches what comes through a server from now on. `cutSockets` ends its WebSockets. */
export function makeVisits(server: Server, cutSockets: () => void): Visits {
  const underWay = new Roster<Visit>();
  const sockets = new Set<Promise<void>>();
  const open = new Set<Socket>();
  let isEnding = false;
  let onNews = (): void => undefined;
  server.on(server instanceof SecureServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      onNews();
    });
  });
  const isOver = (): boolean => underWay.size === 0 && open.size === 0;
  return {
    serve: (visit, work) => {
      const place = underWay.add(visit);
      if (isEnding) visit.response.shouldKeepAlive = false; // Node then says `Connection: close`, and means it
      void work().then(() => {
        place.leave();
        onNews();
      });
    },
    add: (socket) => {
      sockets.add(socket);
      void socket.finally(() => sockets.delete(socket));
    },
    drain: async (now) => {
      isEnding = true;
      for (const { value } of underWay.places())
        if (!value.response.headersSent) value.response.shouldKeepAlive = false;
      server.close();
      const idle = setInterval(() => server.closeIdleConnections(), idleEveryMs);
      const silent = setTimeout(() => {
        for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
      }, silentMs);
      await new Promise<void>((resolve) => {
        onNews = () => {
          if (isOver() || now.aborted) resolve();
        };
        now.addEventListener('abort', onNews);
        onNews();
      });
      clearInterval(idle);
      clearTimeout(silent);
      cutSockets();
      await Promise.all(sockets); // they are recorded
      return underWay.places().map(({ value }) => value);
    },
  };
}
