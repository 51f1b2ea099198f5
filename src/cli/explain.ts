import { normalisePath, type RequestTarget } from '../exchange/path.ts';
import { idPlacesOf } from '../config/settings.ts';
import { sessionIdOf } from '../session/identity.ts';
import { Problem } from '../errors.ts';
import { explain, printExplanation } from '../routing/explain.ts';
import { printTarget } from '../routing/target.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { settingsFor } from './load.ts';
import { print, printJson } from './print.ts';

/** A request as the command line names it. */
export interface ExplainRequest {
  readonly method: string;
  /** A path with its query, or a whole URL. */
  readonly url: string;
  /** `name: value`. */
  readonly header?: readonly string[];
  /** `name=value`. */
  readonly cookie?: readonly string[];
  /** The address of the client. */
  readonly from: string;
  readonly json?: boolean;
}

/** `banyan explain`: says what the gateway would do with a request. Exit code 2 when the request itself cannot be read. */
export async function explainRequest(file: string, request: ExplainRequest): Promise<ExitCode> {
  const method = methodOf(request.method);
  const headers = headersOf(request);
  const { decoded: decodedPath, query } = targetOf(request.url);
  const settings = await settingsFor(file);
  const source = { headers, method, path: decodedPath, query, body: null };
  const sessionId = settings.session === null ? null : sessionIdOf(source, idPlacesOf(settings.session));
  const explanation = explain(settings.table, { method, decodedPath, sessionId, visitor: request.from });
  if (request.json === true) {
    const { route, ...rest } = explanation;
    printJson({ file, ...rest, route: { ...route, target: printTarget(route.target) } });
  } else print(printExplanation(explanation, file));
  return exitCodes.ok;
}

function methodOf(word: string): string {
  if (/^[A-Z]+$/.test(word)) return word;
  const upper = word.toUpperCase();
  const help = /^[A-Z]+$/.test(upper)
    ? `did you mean ${upper}?`
    : 'write: banyan explain GET /cgi-bin/view.pl';
  throw new Failure(exitCodes.usage, `"${word}" is not a method`, help);
}

/** Refused targets, such as `/%2e%2e%2f`, are refused here as the gateway refuses them. */
function targetOf(url: string): RequestTarget {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  try {
    return normalisePath(target === '' ? '/' : target);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const help = `the gateway answers it with ${error.status} without asking any route`;
    throw new Failure(
      exitCodes.usage,
      `"${url}" cannot be the address of a request: ${error.message}`,
      help,
      error,
    );
  }
}

function headersOf(request: ExplainRequest): string[] {
  const headers = (request.header ?? []).flatMap((header) => {
    const [, name, value = ''] = /^([^:\s]+)\s*:\s*(.*)$/s.exec(header) ?? [];
    if (name === undefined)
      throw new Failure(exitCodes.usage, `cannot read the header "${header}"`, `write -H 'name: value'`);
    return [name, value];
  });
  const cookies = request.cookie ?? [];
  const odd = cookies.find((cookie) => !cookie.includes('='));
  if (odd !== undefined)
    throw new Failure(exitCodes.usage, `cannot read the cookie "${odd}"`, "write -b 'name=value'");
  return cookies.length === 0 ? headers : [...headers, 'Cookie', cookies.join('; ')];
}
