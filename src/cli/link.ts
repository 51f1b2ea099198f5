import { parseDuration } from '../config/duration.ts';
import type { Settings } from '../config/settings.ts';
import { type Pass, signPass } from '../routing/force.ts';
import { Mistake } from '../routing/mistake.ts';
import type { Route } from '../routing/route.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { settingsFor } from './load.ts';
import { print, printJson } from './print.ts';
import { whichRoute } from './which-route.ts';

/** The side somebody wants a tester to see. */
export interface LinkRequest {
  /** A name, a key, a URL path, or `*` for all routes. */
  readonly route: string;
  readonly side: 'legacy' | 'port';
  /** How long it is good for, such as `8h`. */
  readonly for: string;
  /** Where visitors reach the gateway; else the address it listens on. */
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * `banyan link`: prints a link that gives whoever opens it one side of a route for a while, signed with the admin token.
 * Exit code 1 where the file sets no token, 2 for an unknown route or a route without a port.
 */
export async function link(file: string, request: LinkRequest): Promise<ExitCode> {
  const settings = await settingsFor(file);
  const { adminToken } = settings;
  if (adminToken === null) {
    const help = 'set it: "admin: { token: ${ADMIN_TOKEN} }", and the variable where this command runs';
    throw new Failure(exitCodes.findings, 'the file names no admin token to sign with', help);
  }
  const route = request.route === '*' ? null : whichRoute(settings.table, request.route);
  if (route?.port === null && request.side === 'port')
    throw new Failure(exitCodes.usage, `route ${route.name} has no port`, 'write it first');
  const untilMs = Date.now() + durationOf(request.for);
  const pass: Pass = {
    side: request.side,
    route: route?.name ?? '*',
    untilSeconds: Math.floor(untilMs / 1000),
  };
  const signed = signPass(pass, adminToken);
  const url = `${originOf(settings, request.url)}${pageOf(route)}banyan-side=${signed}`;
  const until = new Date(pass.untilSeconds * 1000).toISOString();
  if (request.json === true) printJson({ url, header: `Banyan-Side: ${signed}`, ...pass, until });
  else
    print(`${url}\n  good until ${until}, for route ${pass.route}\n  curl -H 'Banyan-Side: ${signed}' …\n`);
  return exitCodes.ok;
}

function durationOf(text: string): number {
  try {
    return parseDuration(text, '--for');
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown;
    throw new Failure(exitCodes.usage, thrown.message, thrown.help, thrown);
  }
}

function originOf({ listen }: Settings, url: string | undefined): string {
  if (url !== undefined) {
    if (URL.canParse(url) && /^https?:/.test(url)) return new URL(url).origin;
    throw new Failure(exitCodes.usage, `"${url}" is no http:// address`, 'write --url https://shop.example');
  }
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `http://${host}:${listen.tcpPort}`;
}

/** The page of a route, up to where a parameter can be added; where its path is not plain, the front page. */
function pageOf(route: Route | null): string {
  const [path = '/', query = ''] = (route?.key ?? '/').replace(/^[A-Z,]+ /, '').split(/\?(.*)/s);
  const isPlain = route !== null && !/[*{]/.test(path);
  if (!isPlain) return '/?';
  return query === '' ? `${route.path.replace(/\$$/, '')}?` : `${route.path.replace(/\$$/, '')}?${query}&`;
}
