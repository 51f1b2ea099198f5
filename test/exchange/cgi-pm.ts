import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const script = resolve(import.meta.dirname, 'cgi-pm.pl');

/** A request as CGI.pm sees it; one character a byte. */
export interface PerlRequest {
  readonly method: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly userAgent?: string;
  readonly body: string;
}

/** Every parameter the real CGI.pm reads of each request: name and values, in order of appearance; null where it dies. */
export function paramsInPerl(requests: readonly PerlRequest[]): (string[][] | null)[] {
  return ask('params', requests) as (string[][] | null)[];
}

/** Every parameter the real url_param reads of each query: name and values, sorted by name. */
export function urlParamsInPerl(queries: readonly string[]): string[][][] {
  const requests = queries.map((query) => ({ method: 'GET', query, contentType: null, body: '' }));
  return ask('url_params', requests) as string[][][];
}

/** The cookie the real CGI.pm reads from each header field, in scalar context as CGI::Session does. */
export function cookiesInPerl(
  requests: readonly { readonly header: string; readonly name: string }[],
): (string | null)[] {
  return ask('cookies', requests) as (string | null)[];
}

/** One process of the real Perl for a whole batch. */
function ask(command: string, batch: unknown): unknown {
  const perl = spawnSync('perl', [script, command], {
    input: Buffer.from(JSON.stringify(batch), 'latin1'),
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  if (perl.status !== 0) throw new Error(`cgi-pm.pl ${command}: ${perl.stderr.toString()}`);
  return JSON.parse(perl.stdout.toString());
}
