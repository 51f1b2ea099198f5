import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  /** Whether something was asked and has not been answered. */
  isBusy: boolean;
}

/** A TCP port that leads to another one, past somebody who can cut the lines. */
export class CutRelay {
  readonly tcpPort: number;
  readonly #lines: ReadonlySet<Line>;
  readonly #dueAt: string[];

  private constructor(tcpPort: number, lines: ReadonlySet<Line>, dueAt: string[]) {
    this.tcpPort = tcpPort;
    this.#lines = lines;
    this.#dueAt = dueAt;
  }

  /** Opens one that ends with the test. */
  static async use(t: Test, farTcpPort: number): Promise<CutRelay> {
    const lines = new Set<Line>();
    const dueAt: string[] = [];
    const server = createServer({ noDelay: true }, (near) => {
      const far = connect({ host: '127.0.0.1', port: farTcpPort, noDelay: true });
      const line: Line = { near, far, isBusy: false };
      lines.add(line);
      near.on('data', (bytes: Buffer) => {
        line.isBusy = true;
        far.write(bytes);
      });
      far.on('data', (bytes: Buffer) => {
        if (dueAt[0] !== undefined && bytes.includes(dueAt[0])) {
          dueAt.shift();
          near.destroy();
        }
        line.isBusy = false;
        if (!near.destroyed) near.write(bytes);
      });
      near.on('error', () => undefined).on('end', () => far.end());
      far
        .on('error', () => undefined)
        .on('close', () => {
          near.destroy();
          lines.delete(line);
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      for (const { near, far } of lines) [near, far].map((socket) => socket.destroy());
      server.close();
    });
    return new CutRelay((server.address() as AddressInfo).port, lines, dueAt);
  }

  /** Cuts a line on which somebody waits for an answer, where there is one. */
  cutBusy(): void {
    const line = [...this.#lines].find(({ isBusy, near }) => isBusy && !near.destroyed);
    line?.near.destroy();
    line?.far.destroy();
  }

  /** Cuts the next line on which these bytes come back, which do not arrive. The far end hears nothing of it. */
  cutAt(text: string): void {
    this.#dueAt.push(text);
  }
}
