import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const script = resolve(import.meta.dirname, 'cgi-pm.pl');

/** A request as CGI.pm sees it; one character a byte. */
export interface PerlRequest {
  readonly method: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly body: string;
}

/**
 * Every parameter the real CGI.pm reads of each request: name and values, in order of appearance. A list of keywords
 * that is all white space is a name without a value to it; such a name is left out.
 */
export function paramsInPerl(requests: readonly PerlRequest[]): string[][][] {
  return (ask('params', requests) as string[][][]).map((params) =>
    params.filter((param) => param.length > 1),
  );
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
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  if (perl.status !== 0) throw new Error(`cgi-pm.pl ${command}: ${perl.stderr.toString()}`);
  return JSON.parse(perl.stdout.toString());
}
