import { exitCodes, Failure } from './failure.ts';

const patienceMs = 10_000;

/** What is sent to the admin listener, where it is more than a question. */
export interface Sent {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks the admin listener of a running gateway; null for what it does not know. Throws a Failure where none answers. */
export async function askGateway(admin: string, path: string, sent: Sent | null = null): Promise<unknown> {
  const url = `${admin.replace(/\/+$/, '')}/${path}`;
  let answer: Response;
  try {
    const signal = AbortSignal.timeout(patienceMs);
    answer = await fetch(url, sent === null ? { signal } : { signal, ...post(sent) });
    if (answer.ok) return await answer.json();
  } catch (thrown) {
    const help = 'is it running? --admin http://host:port says where its admin listener is';
    throw new Failure(exitCodes.unreachable, `no gateway answers at ${admin}`, help, thrown);
  }
  const said = (await answer.json().catch(() => ({}))) as { error?: string; message?: string };
  if (said.error === 'SESSION_UNKNOWN') return null;
  const message = said.message ?? `${url} answered ${answer.status}`;
  throw new Failure(exitCodes.findings, message, 'is it the admin listener of a gateway?');
}

function post({ body, headers }: Sent): RequestInit {
  const type = { 'Content-Type': 'application/json' };
  return { method: 'POST', headers: { ...headers, ...type }, body: JSON.stringify(body) };
}
