import { request } from 'node:http';

/** What is asked. */
export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer as it came; `cut` where it broke off. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** `name: value`, names in lower case, sorted. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly cut: boolean;
}

/** Asks a server once, over a connection of its own. One character of the body is one byte. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<Reply> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = request({ host: hostname, port, path, method, headers, agent: false }, (message) => {
      let text = '';
      message.setEncoding('latin1');
      message.on('data', (chunk: string) => (text += chunk));
      const done = (cut: boolean): void => {
        const raw = message.rawHeaders;
        const fields = raw.flatMap((name, i) =>
          i % 2 === 0 ? [`${name.toLowerCase()}: ${raw[i + 1]}`] : [],
        );
        resolve({
          status: message.statusCode ?? 0,
          reason: message.statusMessage ?? '',
          headers: fields.sort(),
          body: text,
          cut,
        });
      };
      message.once('error', () => done(true));
      message.once('end', () => done(false));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
