import type { WayName } from '../helpers/ways.ts';

/** What is known of one request and two answers to it, Apache's and another. */
export interface Compared {
  readonly way: WayName;
  readonly method: string;
  /** The lines of the request up to its body. */
  readonly head: string;
  readonly target: string;
  readonly apache: readonly string[];
  readonly here: readonly string[];
}

/** Something that differs from Apache, and is meant to. */
export interface Difference {
  /** As docs/cgi.md or docs/http.md have it, word for word. */
  readonly what: string;
  readonly why: string;
  /** `gateway`: on the way to Apache, too; `runner`: where the gateway runs the scripts itself. */
  readonly where: 'gateway' | 'runner';
  /** Which of the lines that only one of two answers has are explained by it. */
  readonly lines: RegExp;
  readonly when?: (compared: Compared) => boolean;
  /** Whether it takes thousands of requests to see it. */
  readonly isRare?: true;
}

/** The variables of a script that another one has redirected to have this before their names, once or several times. */
const env = (names: string): RegExp => new RegExp(`^[-+] (?:REDIRECT_)*(?:${names})=`);
const anything = /^/;

const isStatus = (lines: readonly string[], status: RegExp): boolean =>
  lines.some((line) => line.startsWith('status ') && status.test(line.slice(7)));
const sameStatus = ({ apache, here }: Compared): boolean =>
  apache.some((line) => line.startsWith('status ') && here.includes(line));
const field = (name: string, { head }: Compared): boolean => new RegExp(`\\r\\n${name}:`, 'i').test(head);
const path = ({ target }: Compared): string => target.replace(/\?.*/s, '');

/** All that may differ, and nothing else may. Each is seen in the corpus, or the test fails. */
export const differences: readonly Difference[] = [
  {
    what: 'raw bytes above 127 in an address become `%E9` and the like',
    why: 'browsers send them so (RFC 9112 section 3.2)',
    where: 'gateway',
    lines: env('REQUEST_URI|QUERY_STRING'),
    when: ({ target }) => /[\x80-\xff]/.test(target),
  },
  {
    what: 'a chunked body in HTTP/1.0 is a 400',
    why: 'HTTP/1.0 has no chunks, and two readers would see two ends',
    where: 'gateway',
    lines: anything,
    when: (compared) =>
      / HTTP\/1\.0\r\n/.test(compared.head) &&
      field('Transfer-Encoding', compared) &&
      isStatus(compared.here, /^400/),
  },
  {
    what: 'an encoded NUL in the path is a 400',
    why: 'Apache says 404; no file has such a name',
    where: 'gateway',
    lines: anything,
    when: (compared) => path(compared).includes('%00') && isStatus(compared.here, /^400/),
  },
  {
    what: "pages about errors and moved pages are banyan's, where they are not a script's",
    why: "Apache's speak of Apache",
    where: 'gateway',
    lines:
      /^[-+] (?:cut|reason|no body|body|field (?:Content-Type|Content-Length|Cache-Control|Allow|Content-Security-Policy|Content-Range|X-Content-Type-Options|Last-Modified|Accept-Ranges|ETag))/,
    when: (compared) => sameStatus(compared) && isStatus(compared.here, /^(?:301|302|[45])/),
  },
  {
    what: 'a script that leaves some of its body unread is heard',
    why: 'mod_cgid loses its answer, or the end of it; so does who asks it through the gateway',
    where: 'gateway',
    lines: anything,
    when: ({ target, apache }) =>
      target.includes('/reads-some.pl') && (apache[0] === 'cut' || apache[0] === 'closed'),
  },
  {
    what: 'an `nph-` script whose lines end in LF is heard in proper HTTP',
    why: 'Apache passes its bytes on as they are',
    where: 'gateway',
    lines: anything,
    when: ({ target, apache }) =>
      target.includes('/nph-lines.pl') && apache[0]?.startsWith('no HTTP') === true,
    isRare: true,
  },
  {
    what: 'a first line of more than 8,190 bytes is taken',
    why: 'what counts is the size of the whole header (`clients:`)',
    where: 'runner',
    lines: anything,
    when: ({ apache }) => isStatus(apache, /^414/),
    isRare: true,
  },
  {
    what: 'who has a page is told so (304) also when `If-Range` does not fit, or `If-Unmodified-Since` is no date',
    why: 'RFC 9110 section 13.2.2 asks `If-None-Match` first',
    where: 'runner',
    lines: anything,
    when: (compared) => field('If-(?:Range|Unmodified-Since)', compared) && isStatus(compared.here, /^304/),
    isRare: true,
  },
  {
    what: 'a file knows GET, HEAD and POST, and other methods are a 405',
    why: 'Apache answers OPTIONS with what it knows',
    where: 'runner',
    lines: anything,
    when: ({ here, method }) => isStatus(here, /^405/) && !['GET', 'HEAD', 'POST'].includes(method),
  },
  {
    what: 'a folder without an index is a 403',
    why: 'as in an Apache with mod_autoindex; one without says 404',
    where: 'runner',
    lines: anything,
    when: (compared) => path(compared) === '/bare/' && isStatus(compared.here, /^403/),
  },
  {
    what: "the last ending of a file's name says its type",
    why: 'mod_mime looks at all of them',
    where: 'runner',
    lines: /^[-+] field Content-Type: application\/gzip/,
  },
  {
    what: 'a condition with a date in the future counts',
    why: 'Apache passes over it, although the file has not changed since',
    where: 'runner',
    lines: anything,
    when: ({ head, here }) =>
      /\r\nIf-(?:Range|Modified-Since): .* (?:2099|2100) /.test(head) && isStatus(here, /^(?:206|304|416)/),
  },
  {
    what: 'of several ranges the file is sent whole; one that is none is a 416',
    why: 'RFC 9110 section 14.2 leaves both to the server',
    where: 'runner',
    lines: anything,
    when: ({ head, here }) =>
      /\r\nRange: bytes=(?:0-0,3-4|5-2|abc)/.test(head) && isStatus(here, /^(?:200|416)/),
  },
  {
    what: 'the `Location` of a folder has no host',
    why: 'behind another proxy it would be the wrong one',
    where: 'runner',
    lines: /^[-+] field Location: (?:http:\/\/[^/]+)?\/(?:[\w-]+\/)+(?:\?.*)?$/,
  },
  {
    what: 'a script that cannot be run is a 403',
    why: 'Apache says 500, but nothing is broken',
    where: 'runner',
    lines: anything,
    when: ({ target, here }) => target.includes('not-executable') && isStatus(here, /^403/),
  },
  {
    what: 'files whose names begin with a dot are not there',
    why: "`.htaccess` and `.git` are nobody's pages",
    where: 'runner',
    lines: anything,
    when: (compared) => /^\/\.\w/.test(path(compared)) && isStatus(compared.here, /^404/),
  },
  {
    what: 'a script without an `ETag` is heard whatever `If-Match`, `If-None-Match` and `If-Unmodified-Since` say',
    why: 'Apache throws its answer away, although its work is done',
    where: 'runner',
    lines: anything,
    when: ({ target, head, apache }) =>
      target.startsWith('/cgi-bin/') &&
      (isStatus(apache, /^412/) || (isStatus(apache, /^304/) && /\r\nIf-None-Match: \*/.test(head))),
  },
  {
    what: 'JavaScript is `application/javascript`',
    why: 'Debian has the older name, text/javascript, again',
    where: 'runner',
    lines: /^[-+] field Content-Type: (?:text|application)\/javascript$/,
  },
  {
    what: 'HEAD of an empty file says its length',
    why: 'Apache says a length only where it is not 0',
    where: 'runner',
    lines: /^\+ field Content-Length: 0$/,
    when: ({ method }) => method === 'HEAD',
  },
  {
    what: 'files whose names are not in UTF-8 cannot be had',
    why: 'not here yet; scripts can',
    where: 'runner',
    lines: anything,
    when: (compared) => path(compared) === '/caf%E9.txt',
  },
  {
    what: 'a `CONTENT_LENGTH` of 0 is there for methods that usually have a body, and not for others',
    why: 'whatever the client has said (RFC 9110 section 8.6)',
    where: 'gateway',
    lines: /^[-+] (?:REDIRECT_)*CONTENT_LENGTH=0$/,
  },
  {
    what: '`PATH_TRANSLATED` of `/` is the folder, not its index',
    why: 'nobody has been seen to want it',
    where: 'runner',
    lines: /^[-+] (?:REDIRECT_)*PATH_TRANSLATED=.*\/htdocs\/(?:index\.html)?$/,
  },
  {
    what: 'fields about the connection are taken off, and what `Connection` names',
    why: 'they are not about the page (RFC 9110 section 7.6.1)',
    where: 'gateway',
    lines:
      /^[-+] (?:(?:REDIRECT_)*HTTP_(?:CONNECTION|KEEP_ALIVE|PROXY_CONNECTION|TE|TRAILER|UPGRADE|EXPECT|X_NAMED)=|field (?:Trailer|X-Named): )/,
  },
  {
    what: '`Proxy`, `Forwarded`, `X-Forwarded-*` and `Banyan-*` of a client are taken off; Apache is told `X-Forwarded-For` and `-Proto`',
    why: 'a script would believe anybody',
    where: 'gateway',
    lines: env('HTTP_(?:PROXY|X_FORWARDED_(?:FOR|PROTO|HOST)|FORWARDED|BANYAN_LEASE)'),
  },
  {
    what: 'a chunked body comes with its `CONTENT_LENGTH`',
    why: 'without one CGI.pm reads nothing',
    where: 'gateway',
    lines: /^[-+] (?:(?:REDIRECT_)*(?:HTTP_TRANSFER_ENCODING|CONTENT_LENGTH)=|body )/,
    when: (compared) => field('Transfer-Encoding', compared),
  },
  {
    what: "`REMOTE_PORT` is the gateway's, or not there",
    why: 'no script is known to use it',
    where: 'gateway',
    lines: env('REMOTE_PORT'),
  },
  {
    what: '`REQUEST_URI` is the path as it was read, without a host, `//` merged',
    why: 'routes and scripts must see one path',
    where: 'gateway',
    lines: env('REQUEST_URI'),
    when: (compared) => /\/\/|\/\.|%|^http|:\/\//i.test(path(compared)) || / http:/.test(compared.head),
  },
  {
    what: 'several `Cookie` fields are joined with `;`',
    why: "Apache's comma tears cookies",
    where: 'gateway',
    lines: /^[-+] (?:(?:REDIRECT_)*HTTP_COOKIE=|body )/,
    when: ({ head }) => (head.match(/\r\ncookie:/gi) ?? []).length > 1,
  },
  {
    what: '`SERVER_PROTOCOL` is HTTP/1.1 for clients of HTTP/1.0, too',
    why: 'the gateway speaks to them',
    where: 'gateway',
    lines: env('SERVER_PROTOCOL'),
  },
  {
    what: 'without `Host`, `HTTP_HOST` is the address the client has connected to',
    why: 'HTTP/1.1 has to name one',
    where: 'gateway',
    lines: /^[-+] (?:(?:REDIRECT_)*(?:HTTP_HOST|SERVER_NAME|SERVER_PORT)=|field Location: http:)/,
    when: (compared) => !field('Host', compared),
  },
  {
    what: '`SERVER_SOFTWARE` is `banyan`, and `SERVER_ADMIN` nobody',
    why: 'it is no Apache',
    where: 'runner',
    lines: env('SERVER_SOFTWARE|SERVER_ADMIN'),
  },
  {
    what: 'a type is not guessed from the name of a script that says none',
    why: 'Apache calls its answer `text/x-perl`',
    where: 'runner',
    lines: /^- field Content-Type: (?:text\/x-perl|text\/x-python|text\/x-sh|application\/x-)/,
  },
  {
    what: '`ETag`s of files are made otherwise',
    why: 'of size and time, so that two machines make the same',
    where: 'runner',
    lines: /^[-+] field ETag: (?:W\/)?"[\da-f]+-[\da-f]+"/,
  },
  {
    what: 'several `Vary` fields are joined with a comma and a blank',
    why: 'as all others are',
    where: 'runner',
    lines: /^[-+] field Vary: A, ?B$/,
  },
];

/** The entry that explains a line that only one of two answers has, or null. */
export function explanationOf(line: string, compared: Compared): Difference | null {
  const isRunner = compared.way !== 'through';
  return (
    differences.find(
      ({ where, lines, when }) =>
        (where === 'gateway' || isRunner) && lines.test(line) && (when === undefined || when(compared)),
    ) ?? null
  );
}
