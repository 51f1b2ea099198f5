import { exitCodes, Failure } from './failure.ts';

const patienceMs = 10_000;

/** Asks the admin listener of a running gateway; null for what it does not know. Throws a Failure where none answers. */
export async function askGateway(admin: string, path: string): Promise<unknown> {
  const url = `${admin.replace(/\/+$/, '')}/${path}`;
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
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
