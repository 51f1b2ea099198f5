import type { BasketKind } from './baskets.ts';

/** What became of a request. */
export interface BasketAnswer {
  readonly status: number;
  readonly body: string;
}

/** A request whose page has begun: the script has loaded the session and is at work. */
export interface BegunPage {
  readonly ended: Promise<BasketAnswer>;
}

/** A visitor with a basket of some kind. */
export class Basket {
  /** Where the next request goes. */
  base: string;
  sessionId: string | null = null;
  readonly #kind: BasketKind;

  constructor(base: string, kind: BasketKind) {
    this.base = base;
    this.#kind = kind;
  }

  /** The same visitor at another gateway, or in another window. */
  at(base: string): Basket {
    const other = new Basket(base, this.#kind);
    other.sessionId = this.sessionId;
    return other;
  }

  /** Puts something in; true when the page says that it is in. `POST` is for the port, where there is one. */
  async add(method: 'GET' | 'POST', item: string, how: Record<string, string> = {}): Promise<boolean> {
    const { ended } = await this.begin(method, { action: 'add', item, ...how });
    const { status, body } = await ended;
    return status === 200 && body === `added ${item}\n`;
  }

  /** What Perl finds in the basket. */
  async items(): Promise<string[]> {
    return (JSON.parse(await this.ask('GET', { action: 'show' })) as { items?: string[] }).items ?? [];
  }

  /** Asks for something that nobody may refuse. */
  async ask(method: 'GET' | 'POST', fields: Record<string, string>): Promise<string> {
    const { ended } = await this.begin(method, fields);
    const { status, body } = await ended;
    if (status === 200) return body;
    throw new Error(`${this.#kind.script} was asked to ${fields['action']}: ${status} ${body.slice(0, 200)}`);
  }

  /** Asks for something; resolves when the page begins. A port's page begins when it is done. */
  async begin(method: 'GET' | 'POST', fields: Record<string, string>): Promise<BegunPage> {
    const form = new URLSearchParams({ ...this.#kind.form, ...fields });
    const query = method === 'GET' ? `?${form.toString()}` : '';
    const { sessionId } = this;
    const answer = await fetch(`${this.base}/cgi-bin/${this.#kind.script}${query}`, {
      method,
      headers: sessionId === null ? {} : { cookie: `${this.#kind.cookie}=${sessionId}` },
      ...(method === 'POST' ? { body: form } : {}),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, id] = (cookie.split(';')[0] as string).split('=');
      if (name === this.#kind.cookie) this.sessionId = id === '' ? null : (id ?? null);
    }
    return { ended: answer.text().then((body) => ({ status: answer.status, body })) };
  }
}
