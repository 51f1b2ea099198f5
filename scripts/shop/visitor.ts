import { Agent, request } from 'undici';

/** A page a visitor was given. */
export interface Page {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  /** One character a byte. */
  readonly body: string;
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
    return this.#ask('GET', page, null);
  }

  /** Sends a form to a page of /cgi-bin/. */
  post(page: string, form: Record<string, string>): Promise<Page> {
    return this.#ask('POST', page, new URLSearchParams(form).toString());
  }

  /** How many things the shop says are in the cart. */
  async items(): Promise<number> {
    const { body } = await this.get('cart.pl?action=show');
    return Number(/<B>Items: (\d+)<\/B>/.exec(body)?.[1] ?? NaN);
  }

  async #ask(method: 'GET' | 'POST', page: string, form: string | null): Promise<Page> {
    const answer = await request(`${this.base}/cgi-bin/${page}`, {
      dispatcher: this.#agent,
      method,
      headers: {
        ...(this.sessionId === null ? {} : { cookie: `CGISESSID=${this.sessionId}` }),
        ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form,
    });
    const body = Buffer.from(await answer.body.arrayBuffer()).toString('latin1');
    for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
      const id = /^CGISESSID=([^;]*)/.exec(cookie)?.[1];
      if (id !== undefined) this.sessionId = id === '' ? null : id;
    }
    return { status: answer.statusCode, headers: answer.headers, body };
  }
}
