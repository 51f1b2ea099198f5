import type { Settings } from '../config/settings.ts';
import { idPlacesOf } from '../config/settings.ts';
import { Problem } from '../errors.ts';
import { requestHead } from '../exchange/form.ts';
import { joinedValue, type RawHeaders } from '../exchange/headers.ts';
import { requestParams } from '../exchange/params.ts';
import { normalisePath, type RequestTarget } from '../exchange/path.ts';
import { explanationFacts, explanationParagraph } from '../routing/explain-words.ts';
import { explain, type Explanation } from '../routing/explain.ts';
import { printTarget } from '../routing/target.ts';
import { sessionIdOf } from '../session/identity.ts';
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
  /** The body of a form, as curl's `-d`: several are joined by `&`. */
  readonly data?: readonly string[];
  /** The address of the client. */
  readonly from: string;
  readonly json?: boolean;
}

/** `banyan explain`: says what the gateway would do with a request. Exit code 2 when the request itself cannot be read. */
export async function explainRequest(file: string, request: ExplainRequest): Promise<ExitCode> {
  const method = methodOf(request.method);
  const headers = headersOf(request);
  const target = targetOf(request.url);
  const settings = await settingsFor(file);
  const body = Buffer.from((request.data ?? []).join('&'), 'utf8');
  const explanation = explain(settings.table, {
    method,
    decodedPath: target.decoded,
    visitor: {
      sessionId: sessionIn(settings, { headers, method, target, body }),
      address: request.from,
      headers,
      params: () => requestParams({ ...requestHead(method, target.query, headers), body }),
      exchangeId: 'explained',
    },
    forced: null,
  });
  if (request.json === true) printAsJson(file, explanation);
  else print(inWords(file, settings, target, explanation));
  return exitCodes.ok;
}

function inWords(file: string, settings: Settings, target: RequestTarget, explanation: Explanation): string {
  const lines = [
    wrap(explanationParagraph(explanation, file), 100),
    '',
    `${explanation.method} ${explanation.path}`,
    ...explanationFacts(explanation, file),
    ...forceLines(settings, target, explanation),
    '',
  ];
  return lines.join('\n');
}

/** How somebody with the admin token gets the other side. */
function forceLines(
  { listen, adminToken }: Settings,
  target: RequestTarget,
  explanation: Explanation,
): string[] {
  const { side, route, method } = explanation;
  const other = side === 'port' ? 'legacy' : 'port';
  if (other === 'port' && route.port === null) return [];
  if (adminToken === null) return ['  force    nobody may: "admin: { token: … }" is not set'];
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const url = `http://${host}:${listen.tcpPort}${target.target}`;
  const verb = method === 'GET' ? '' : `-X ${method} `;
  return [
    `  force    curl ${verb}-H 'Banyan-Side: ${other}' -H "Banyan-Token: $ADMIN_TOKEN" ${shellWord(url)}`,
    `           or a link for a tester: banyan link ${route.name} ${other} --for 8h`,
  ];
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function printAsJson(file: string, explanation: Explanation): void {
  const { route, ...rest } = explanation;
  const summary = explanationParagraph(explanation, file);
  printJson({ file, summary, ...rest, route: { ...route, target: printTarget(route.target) } });
}

function sessionIn(
  { session }: Settings,
  request: { headers: RawHeaders; method: string; target: RequestTarget; body: Buffer },
): string | null {
  if (session === null) return null;
  const { target, ...rest } = request;
  return sessionIdOf({ ...rest, path: target.decoded, query: target.query }, idPlacesOf(session));
}

/** Breaks a text into lines at its blanks. */
function wrap(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
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
  const form = request.data === undefined || joinedValue(headers, 'content-type') !== null ? [] : formType;
  return [...headers, ...form, ...(cookies.length === 0 ? [] : ['Cookie', cookies.join('; ')])];
}

/** What curl says of a body it is given with -d. */
const formType = ['Content-Type', 'application/x-www-form-urlencoded'];
