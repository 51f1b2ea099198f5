import { connect, type Socket } from 'node:net';
import { type Message, readAnswer, statusOf } from './strict-http.ts';

/** An answer that is not there after so long will not come: a test then fails, and says so. */
const patienceMs = 20_000;

/** What came for a request: a whole answer, one that visibly broke off, or a connection that was closed in silence. */
export type Came =
  | { readonly kind: 'whole'; readonly status: number; readonly message: Message }
  | { readonly kind: 'cut'; readonly status: number }
  | { readonly kind: 'closed' };

/** A client that sends the bytes it is told and reads answers by the letter. */
export class RawClient {
  readonly socket: Socket;
  /** What has come and was not read as an answer yet; one character each byte. */
  unread = '';
  /** Whether the other side will send no more. */
  isOver = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (bytes: string) => {
      this.unread += bytes;
      this.#wake();
    });
    const over = (): void => {
      this.isOver = true;
      this.#wake();
    };
    socket.on('error', over).on('end', over).on('close', over);
  }

  /** Connects to `http://host:port`. */
  static async to(base: string): Promise<RawClient> {
    const { hostname, port } = new URL(base);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return client;
  }

  /** Sends bytes, one a character, in pieces that the system is given one by one. */
  async write(...pieces: string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => this.socket.write(piece, 'latin1', () => resolve()));
    }
  }

  /** Shuts the sending side. */
  halfClose(): void {
    this.socket.end();
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Ends the connection. */
  close(): void {
    this.socket.destroy();
  }

  /** The next answer, interim ones passed over. Throws NotStrict, and where none comes in reasonable time. */
  async answer(method = 'GET'): Promise<Came> {
    for (;;) {
      const message = readAnswer(this.unread, method, this.isOver);
      if (message !== null) {
        this.unread = this.unread.slice(message.bytes.length);
        const status = statusOf(message);
        if (status >= 200) return { kind: 'whole', status, message };
      } else if (this.isOver) {
        const status = /^HTTP\/1\.1 (\d{3}) /.exec(this.unread)?.[1];
        return status === undefined ? { kind: 'closed' } : { kind: 'cut', status: Number(status) };
      } else await this.#more();
    }
  }

  /** Resolves when the first bytes have come, or the other side will send none. */
  async begun(): Promise<void> {
    while (this.unread === '' && !this.isOver) await this.#more();
  }

  /** Resolves when the other side has said all it will. */
  async over(): Promise<void> {
    while (!this.isOver) await this.#more();
  }

  async #more(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error(`nothing came in ${patienceMs} ms`)), patienceMs);
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(late));
  }
}

/** Sends one request over a connection of its own, and reads what comes for it. */
export async function ask(base: string, bytes: string, method = 'GET'): Promise<Came> {
  const client = await RawClient.to(base);
  await client.write(bytes);
  const came = await client.answer(method);
  client.close();
  return came;
}
