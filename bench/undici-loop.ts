// The peer: the least that passes a request on in Node: its HTTP server, undici's raw interface, and nothing between
// them but the hop-by-hop fields. UPSTREAM and TCP_PORT come from the environment.
import { createServer, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { hopByHop } from '../src/exchange/headers.ts';
import { hasBody } from '../src/gateway/receive.ts';

const pool = new Pool(process.env['UPSTREAM'] ?? '', { connections: 256, pipelining: 1 });

/** Of name, value, name, value, what is for the other side too. */
function endToEnd(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [name = '', value = ''] = [fields[at], fields[at + 1]];
    if (!hopByHop.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #resume: () => void = () => undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onConnect(abort: () => void): void {
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) abort();
    });
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200) return true;
    this.#resume = resume;
    this.#response.writeHead(status, reason, endToEnd(raw.map((field) => field.toString('latin1'))));
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#response.write(chunk)) return true;
    this.#response.once('drain', () => this.#resume());
    return false;
  }

  onComplete(): void {
    this.#response.end();
  }

  onError(): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end();
  }
}

createServer((request, response) => {
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: request.method as Dispatcher.HttpMethod,
      headers: endToEnd(request.rawHeaders),
      body: hasBody(request) ? request : null,
    },
    new Answer(response),
  );
}).listen(Number(process.env['TCP_PORT']), '127.0.0.1');
