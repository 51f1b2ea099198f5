import { everything, type Look, type Place, placeOf } from './look.ts';
import { isSign } from './token.ts';
import { quoted } from './words.ts';

/** Something of the request, besides parameters, cookies and session, or of its environment, that a script looks at. */
export interface RequestFact {
  /** As Perl calls it: `REMOTE_ADDR`. */
  readonly name: string;
  /** What a port has for it, or null. */
  readonly inPort: string | null;
  readonly places: readonly Place[];
}

/** CGI variables by what a port has for them. */
const known: Readonly<Record<string, string>> = {
  REQUEST_METHOD: 'request.method',
  QUERY_STRING: 'request.query',
  REMOTE_ADDR: 'request.clientAddress',
  PATH_INFO: 'request.path',
  SCRIPT_NAME: 'request.path',
  SERVER_NAME: "request.header('host')",
  REQUEST_URI: 'request.path, request.query',
  CONTENT_TYPE: "request.header('content-type')",
  CONTENT_LENGTH: 'request.body.length',
};

/** Methods of CGI.pm by the variables they give. */
const methods: Readonly<Record<string, string>> = {
  request_method: 'REQUEST_METHOD',
  query_string: 'QUERY_STRING',
  remote_addr: 'REMOTE_ADDR',
  remote_host: 'REMOTE_HOST',
  remote_user: 'REMOTE_USER',
  path_info: 'PATH_INFO',
  script_name: 'SCRIPT_NAME',
  user_agent: 'HTTP_USER_AGENT',
  referer: 'HTTP_REFERER',
  virtual_host: 'HTTP_HOST',
  server_name: 'SERVER_NAME',
  self_url: 'REQUEST_URI',
};

/** What a script looks at in its environment: of the request, or set by the site. */
export function requestsIn(look: Look): RequestFact[] {
  const found = new Map<string, Place[]>();
  for (const seen of everything(look)) {
    const { unit, stream, at, token } = seen;
    const key =
      token.kind === 'variable' && token.text === '$ENV' && isSign(stream.tokens[at + 1], '{')
        ? stream.tokens[at + 2]
        : undefined;
    let name = key?.kind === 'string' ? key.text : null;
    if (token.kind === 'word' && Object.hasOwn(methods, token.text)) {
      const isMethod = isSign(stream.tokens[at - 1], '->');
      const isOfQuery = isMethod
        ? look.values.receiver(unit, stream, at - 1).has('query')
        : isSign(stream.tokens[at + 1], '(') && look.site.named(token.text, unit).length === 0;
      if (isOfQuery) name = methods[token.text] ?? null;
    }
    if (name === null || name === 'HTTP_COOKIE') continue;
    const places = found.get(name) ?? [];
    places.push(placeOf(look, seen));
    found.set(name, places);
  }
  return [...found].map(([name, places]) => ({ name, inPort: inPort(name), places }));
}

/** What web servers and CGI set besides: nothing that a port is told. */
const otherCgi =
  /^(?:SERVER_|REMOTE_|REDIRECT_|SSL_|MOD_PERL|GATEWAY_INTERFACE$|AUTH_TYPE$|HTTPS$|SCRIPT_|DOCUMENT_ROOT$|PATH_|UNIQUE_ID$)/;

function inPort(name: string): string | null {
  if (Object.hasOwn(known, name)) return known[name] ?? null;
  const field = /^HTTP_(\w+)$/.exec(name)?.[1];
  if (field !== undefined) return `request.header('${field.toLowerCase().replaceAll('_', '-')}')`;
  return otherCgi.test(name) ? null : `process.env[${quoted(name)}]`;
}
