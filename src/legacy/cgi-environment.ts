import type { RawHeaders } from '../exchange/headers.ts';

/** A place on disk that answers for URLs, as Apache's ScriptAlias and DocumentRoot name them. */
export interface CgiSite {
  /** `/cgi-bin/`: URLs that begin with it are scripts. */
  readonly scriptsAt: string;
  /** The folder of the scripts; absolute. */
  readonly scriptsFolder: string;
  /** The folder of everything else, or null where there is none; absolute. */
  readonly documentRoot: string | null;
  /** NAME: value for every script. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A script and what follows it in the URL. Texts hold one character a byte. */
export interface FoundScript {
  readonly scriptName: string;
  readonly file: string;
  readonly pathInfo: string;
}

/** What a script is asked. */
export interface CgiRequest {
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly query: string;
  /** As LegacyRequest has them. */
  readonly headers: RawHeaders;
  readonly lengthBytes: number;
  /** Null, or what a script before this one has redirected from. */
  readonly redirected: readonly string[] | null;
}

/**
 * The environment of a script, as Apache's mod_cgid sets it (RFC 3875 section 4.1, and perl.md 7.2 for what the RFC
 * leaves open): a list of NAME=value, one character a byte. Client address and scheme come from the fields that the
 * gateway has written; an Authorization field is not shown, nor are names that could be taken for others.
 */
export function cgiEnvironment(request: CgiRequest, script: FoundScript, site: CgiSite): string[] {
  const { method, target, query, headers, lengthBytes } = request;
  const fields = joinedFields(headers);
  const address = last(fields.get('x-forwarded-for') ?? '127.0.0.1');
  const scheme = last(fields.get('x-forwarded-proto') ?? 'http');
  fields.delete('x-forwarded-for');
  fields.delete('x-forwarded-proto');
  const { name, tcpPort } = addressed(fields.get('host') ?? 'localhost', scheme);
  const documentRoot = site.documentRoot ?? site.scriptsFolder;
  const variables: Record<string, string> = {
    ...site.variables,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'banyan',
    SERVER_SIGNATURE: '',
    SERVER_ADMIN: '[no address given]',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_NAME: name,
    SERVER_PORT: tcpPort,
    SERVER_ADDR: '127.0.0.1',
    REQUEST_SCHEME: scheme,
    REQUEST_METHOD: method,
    REQUEST_URI: target,
    QUERY_STRING: query,
    SCRIPT_NAME: script.scriptName,
    SCRIPT_FILENAME: script.file,
    DOCUMENT_ROOT: documentRoot,
    CONTEXT_PREFIX: site.scriptsAt,
    CONTEXT_DOCUMENT_ROOT: `${site.scriptsFolder}/`,
    REMOTE_ADDR: address,
  };
  if (scheme === 'https') variables['HTTPS'] = 'on';
  if (script.pathInfo !== '') {
    variables['PATH_INFO'] = script.pathInfo;
    variables['PATH_TRANSLATED'] = documentRoot + script.pathInfo;
  }
  if (lengthBytes > 0 || !bodiless.includes(method)) variables['CONTENT_LENGTH'] = String(lengthBytes);
  for (const [field, value] of fields) {
    if (field === 'content-type') variables['CONTENT_TYPE'] = value;
    else if (!untold.has(field)) {
      variables[`HTTP_${field.toUpperCase().replaceAll('-', '_')}`] = value;
    }
  }
  return [
    ...Object.entries(variables).map(([variable, value]) => `${variable}=${value}`),
    ...(request.redirected ?? []),
  ];
}

/**
 * What a script that another one has redirected to is told of it: all of the other's variables, with REDIRECT_ before
 * their names (Apache's ap_internal_redirect).
 */
export function redirectedFrom(environment: readonly string[], url: string): string[] {
  const copies = environment.map((variable) => `REDIRECT_${variable}`);
  return [...copies, 'REDIRECT_STATUS=200', `REDIRECT_URL=${url}`];
}

/** Most words a query may be taken for: nobody types more, and a command line has its limits. */
const mostArguments = 1000;

/**
 * The words of a query without `=` (RFC 3875 section 4.4), which Apache hands over as arguments. As it does: unescaped,
 * and characters a shell would mind get a backslash.
 */
export function cgiArguments(query: string): string[] {
  if (query === '' || query.includes('=')) return [];
  const words = query.split('+');
  if (words.length > mostArguments) return [];
  return words.map((word) =>
    word
      .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
      .replaceAll('\0', '')
      .replace(/[&;`'"|*?~<>^()[\]{}$\\\n\xff]/g, '\\$&'),
  );
}

/** Fields that are not shown to scripts: passwords are the server's business, and the length has a name of its own. */
const untold = new Set(['authorization', 'proxy-authorization', 'content-length']);

/** Methods whose requests say no length where they have no body; clients say 0 with all others (RFC 9110 section 8.6). */
const bodiless = ['GET', 'HEAD', 'OPTIONS', 'DELETE'];

/** Fields by their names in lower case, those of one name joined; without names that a variable cannot keep apart. */
function joinedFields(headers: RawHeaders): Map<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (!/^[a-z0-9-]+$/.test(name)) continue;
    const before = fields.get(name);
    const value = headers[i + 1] as string;
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/** The address nearest to us: what the gateway has said stands behind what anybody else may have. */
function last(list: string): string {
  return list.slice(list.lastIndexOf(',') + 1).trim();
}

/** SERVER_NAME and SERVER_PORT are what the visitor has asked for (UseCanonicalName Off). */
function addressed(host: string, scheme: string): { name: string; tcpPort: string } {
  const [, name = host, tcpPort] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  // The dot that ends a full name is not part of it (Apache's fix_hostname).
  return {
    name: name.toLowerCase().replace(/\.$/, ''),
    tcpPort: tcpPort ?? (scheme === 'https' ? '443' : '80'),
  };
}
