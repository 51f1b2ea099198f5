import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';

/** Where a statement is stopped: before the server has it, or when its answer comes back. */
export type Place = 'statement' | 'answer';

/** A statement that is to be stopped on its way, or has been. */
export interface Stopped {
  /** Resolves when one that fits has been stopped, with the line it came on. */
  readonly there: Promise<RelayLine>;
  /** Lets it go on: to a server or a client that may be gone by now. */
  release(): void;
  /** Ends the line: what was stopped never arrives. */
  cut(): void;
}

interface Stop {
  readonly pattern: RegExp;
  readonly place: Place;
  readonly reached: (line: RelayLine) => void;
}

const comQuery = 3;

/**
 * A connection to MySQL that runs through us. While a statement is stopped neither end hears of the other: a server that
 * is killed meanwhile is gone for the client only when the statement goes on.
 */
export class RelayLine {
  /** The server's name for the connection, for KILL; 0 until it has said it. */
  threadId = 0;
  isInTransaction = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #stopFor: (sql: string) => Stop | null;
  #unread = Buffer.alloc(0);
  #statement: Buffer | null = null;
  #answer: Buffer[] | null = null;
  #reached: (() => void) | null = null;

  constructor(client: Socket, serverTcpPort: number, stopFor: (sql: string) => Stop | null) {
    this.#client = client;
    this.#server = connect({ host: '127.0.0.1', port: serverTcpPort, noDelay: true });
    this.#stopFor = stopFor;
    client.on('data', (bytes: Buffer) => this.#fromClient(bytes)).on('error', () => undefined);
    client.on('close', () => this.#settle());
    this.#server.on('data', (bytes: Buffer) => this.#fromServer(bytes)).on('error', () => undefined);
    this.#server.on('close', () => this.#settle());
  }

  get isOpen(): boolean {
    return !this.#client.destroyed && !this.#server.destroyed;
  }

  release(): void {
    const [statement, answer] = [this.#statement, this.#answer];
    this.#statement = this.#answer = null;
    if (statement !== null) this.#server.write(statement);
    for (const bytes of answer ?? []) this.#client.write(bytes);
    this.#settle();
    this.#fromClient(Buffer.alloc(0));
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  /** Hands on that one end is gone, unless something is stopped in between. */
  #settle(): void {
    if (this.#statement !== null || this.#answer !== null) return;
    if (this.#client.destroyed) this.#server.end();
    if (this.#server.destroyed) this.#client.end();
  }

  #fromClient(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    while (this.#statement === null && this.#unread.length >= 4) {
      const end = 4 + this.#unread.readUIntLE(0, 3);
      if (this.#unread.length < end) return;
      const packet = this.#unread.subarray(0, end);
      this.#unread = this.#unread.subarray(end);
      this.#hand(packet);
    }
  }

  #hand(packet: Buffer): void {
    const isQuery = packet[3] === 0 && packet[4] === comQuery;
    const sql = isQuery ? packet.toString('latin1', 5) : '';
    if (/^(?:COMMIT|ROLLBACK)\b/.test(sql)) this.isInTransaction = false;
    const stop = isQuery ? this.#stopFor(sql) : null;
    if (stop?.place === 'statement') {
      this.#statement = packet;
      stop.reached(this);
      return;
    }
    if (sql === 'START TRANSACTION') this.isInTransaction = true;
    if (stop !== null) {
      this.#answer = [];
      this.#reached = () => stop.reached(this);
    }
    this.#server.write(packet);
  }

  #fromServer(bytes: Buffer): void {
    // The server speaks first: length, number, protocol version, its name up to a zero byte, and then the thread.
    if (this.threadId === 0) this.threadId = bytes.readUInt32LE(bytes.indexOf(0, 5) + 1);
    if (this.#answer === null) {
      this.#client.write(bytes);
      return;
    }
    this.#answer.push(bytes);
    this.#reached?.();
    this.#reached = null;
  }
}

/** A TCP port that leads to a MySQL server, past somebody who reads what is asked there and can stop it. */
export class MysqlRelay {
  /** The line on which a transaction was asked for last. */
  latest: RelayLine | null = null;
  readonly #lines = new Set<RelayLine>();
  readonly #stops: Stop[] = [];
  readonly #server: Server;

  private constructor(serverTcpPort: number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      const line = new RelayLine(client, serverTcpPort, (sql) => this.#stopFor(sql, line));
      this.#lines.add(line);
      client.on('close', () => this.#lines.delete(line));
    });
  }

  /** Opens one that ends with the test. */
  static async use(t: Test, serverTcpPort: number): Promise<MysqlRelay> {
    const relay = new MysqlRelay(serverTcpPort);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const line of relay.#lines) line.cut();
      relay.#server.close();
    });
    return relay;
  }

  get tcpPort(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops the next statement that fits, once. */
  stop(pattern: RegExp, place: Place): Stopped {
    const { promise: there, resolve: reached } = Promise.withResolvers<RelayLine>();
    let line: RelayLine | null = null;
    void there.then((one) => (line = one));
    this.#stops.push({ pattern, place, reached });
    return { there, release: () => line?.release(), cut: () => line?.cut() };
  }

  /** What the server calls the connections that are open. */
  get threadIds(): number[] {
    return [...this.#lines].filter(({ isOpen }) => isOpen).map(({ threadId }) => threadId);
  }

  /** The connections on which a transaction is open: those of ports at work. */
  get inTransaction(): RelayLine[] {
    return [...this.#lines].filter(({ isInTransaction, isOpen }) => isInTransaction && isOpen);
  }

  #stopFor(sql: string, line: RelayLine): Stop | null {
    if (sql === 'START TRANSACTION') this.latest = line;
    const at = this.#stops.findIndex(({ pattern }) => pattern.test(sql));
    return at === -1 ? null : (this.#stops.splice(at, 1)[0] as Stop);
  }
}
