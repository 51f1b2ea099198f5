import { Agent, request } from 'undici';

/** A page a visitor was given. */
export interface Page {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  /** One character a byte. */
  readonly body: string;
}

/** What is sent with a request. */
export interface Form {
  readonly type: string;
  readonly body: Buffer;
}

const agent = new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 1_000 });

function agentAt(localAddress: string): Agent {
  return new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 1_000, localAddress });
}

/** A browser as far as the shop needs one: it keeps its session's cookie and follows no redirect by itself. */
export class Visitor {
  /** Where the shop is; may be changed at any time, as a load balancer would. */
  base: string;
  sessionId: string | null = null;

  readonly #agent: Agent;

  /** `address` is one of this machine's that the visitor comes from, such as 127.0.0.2. */
  constructor(base: string, address?: string) {
    this.base = base;
    this.#agent = address === undefined ? agent : agentAt(address);
  }

  /** Fetches a page of /cgi-bin/. */
  get(page: string): Promise<Page> {
    return this.ask('GET', page);
  }

  /** Sends a form to a page of /cgi-bin/. */
  post(page: string, form: Record<string, string>): Promise<Page> {
    const body = Buffer.from(new URLSearchParams(form).toString());
    return this.ask('POST', page, { type: 'application/x-www-form-urlencoded', body });
  }

  /** How many things the shop says are in the cart. */
  async items(): Promise<number> {
    const { body } = await this.get('cart.pl?action=show');
    return Number(/<B>Items: (\d+)<\/B>/.exec(body)?.[1] ?? NaN);
  }

  /** Asks for a page of /cgi-bin/, with a body of any kind. */
  async ask(method: 'GET' | 'HEAD' | 'POST', page: string, form?: Form): Promise<Page> {
    const answer = await request(`${this.base}/cgi-bin/${page}`, {
      dispatcher: this.#agent,
      method,
      headers: {
        ...(this.sessionId === null ? {} : { cookie: `CGISESSID=${this.sessionId}` }),
        ...(form === undefined ? {} : { 'content-type': form.type }),
      },
      body: form?.body ?? null,
    });
    const body = Buffer.from(await answer.body.arrayBuffer()).toString('latin1');
    for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
      const id = /^CGISESSID=([^;]*)/.exec(cookie)?.[1];
      if (id !== undefined) this.sessionId = id === '' ? null : id;
    }
    return { status: answer.statusCode, headers: answer.headers, body };
  }
}
