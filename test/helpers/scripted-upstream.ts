import { createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';
import { type Message, readRequest } from './strict-http.ts';

/** What the old application does next: send bytes (one a character), wait for something, or end the connection. */
export type Step = { send: string } | { until: () => Promise<unknown> } | 'close' | 'reset';

/** A request as it arrived. */
export interface Arrived extends Message {
  readonly method: string;
  readonly target: string;
}

/** An old application that does as it is told, and reads what it is asked by the letter. */
export class ScriptedUpstream {
  /** Every whole request, in the order of their ends. */
  readonly requests: Arrived[] = [];
  /** What no gateway should have sent: bytes that are no request, or that follow one which has no answer yet. */
  readonly violations: string[] = [];
  /** Requests that began and broke off. */
  readonly torn: string[] = [];
  readonly connections = new Set<Socket>();
  readonly #server: Server;
  readonly #script: (request: Arrived) => readonly Step[];
  #wake: () => void = () => undefined;

  constructor(script: (request: Arrived) => readonly Step[]) {
    this.#script = script;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** Listens; ends with the test. Resolves with `http://host:port`. */
  async listen(t: Test): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => this.close());
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Ends every connection, and takes no more. */
  close(): void {
    this.#server.close();
    for (const socket of this.connections) socket.destroy();
  }

  /** The whole requests for a target. */
  of(target: string): Arrived[] {
    return this.requests.filter((request) => request.target === target);
  }

  /** Resolves when a request fits; it may have come long ago. */
  async arrival(fits: (request: Arrived) => boolean): Promise<Arrived> {
    for (;;) {
      const found = this.requests.find(fits);
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      const others = this.#wake;
      this.#wake = () => {
        others();
        resolve();
      };
      await promise;
    }
  }

  #serve(socket: Socket): void {
    this.connections.add(socket);
    let unread = '';
    let answering = false;
    socket.setEncoding('latin1').on('data', (bytes: string) => {
      unread += bytes;
      if (answering) return void this.violations.push(`behind a request without an answer: ${unread}`);
      const request = this.#read(unread, socket);
      if (request === null) return;
      unread = unread.slice(request.bytes.length);
      if (unread !== '') this.violations.push(`behind a request: ${unread}`);
      answering = true;
      void this.#play(request, socket, () => (answering = false));
      const wake = this.#wake;
      this.#wake = () => undefined;
      wake();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (unread !== '') this.torn.push(unread);
      this.connections.delete(socket);
    });
  }

  #read(bytes: string, socket: Socket): Arrived | null {
    try {
      const message = readRequest(bytes);
      if (message === null) return null;
      const [method = '', target = ''] = message.startLine.split(' ');
      const request = { ...message, method, target };
      this.requests.push(request);
      return request;
    } catch (thrown) {
      this.violations.push(`${String(thrown)} in ${JSON.stringify(bytes.slice(0, 2000))}`);
      socket.destroy();
      return null;
    }
  }

  async #play(request: Arrived, socket: Socket, begun: () => void): Promise<void> {
    for (const step of this.#script(request)) {
      if (socket.destroyed) return;
      if (typeof step === 'object' && 'send' in step) begun();
      if (step === 'close') socket.end();
      else if (step === 'reset') socket.resetAndDestroy();
      else if ('until' in step) await step.until();
      else await new Promise((resolve) => socket.write(step.send, 'latin1', resolve));
    }
  }
}
