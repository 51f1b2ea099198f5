import { words } from '../helpers/words.ts';

/** A way to ask for /cgi-bin/view.pl, or something that looks like one: the bytes of one or more requests. */
export interface Spelling {
  readonly what: string;
  readonly bytes: string;
}

/** The field that every request has. */
export const host = 'Host: shop.test\r\n';
/** The address that is ported. */
export const view = '/cgi-bin/view.pl';
/** The bytes of a GET; `more` are its fields. */
export const get = (target: string, more = host): string => `GET ${target} HTTP/1.1\r\n${more}\r\n`;
/** The bytes of a POST; `more` are its fields but for Host. */
export const post = (more: string, body: string, target = view): string =>
  `POST ${target} HTTP/1.1\r\n${host}${more}\r\n\r\n${body}`;

/** A text in a line that can be read. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 90 ? `${text.slice(0, 90)}…` : text).slice(1, -1);

const targets = [
  ...words(`${view} ${view}?sku=1 ${view}? ${view}?? ${view}?/cgi-bin/search.pl ${view}?%00 ${view}?%zz ${view}?a/../b
    ${view}?keywords ${view}?a;b&c ${view}?%u0041 ${view}?\u00e9
    ${view}?banyan-side=legacy ${view}?banyan-side=legacy~*~9999999999~${'A'.repeat(43)}`),
  ...words(`//cgi-bin/view.pl ///cgi-bin/view.pl /cgi-bin//view.pl //cgi-bin///view.pl /./cgi-bin/view.pl
    /cgi-bin/./view.pl /.//./cgi-bin/./view.pl /x/../cgi-bin/view.pl /cgi-bin/x/../view.pl /x/y/../../cgi-bin/view.pl
    /cgi-bin/../cgi-bin/view.pl /cgi-bin/search.pl/../view.pl /style.css/../cgi-bin/view.pl /../cgi-bin/view.pl
    /x/../../cgi-bin/view.pl /..;/cgi-bin/view.pl /;/../cgi-bin/view.pl /;x/cgi-bin/view.pl /.../cgi-bin/view.pl`),
  ...words(`${view}/ ${view}// ${view}/. ${view}/./ ${view}/.. ${view}/../view.pl ${view}/extra ${view}/extra/../
    ${view}/a/b/c ${view}/x.pl ${view}/search.pl ${view}/%2e ${view}/%2e%2e/view.pl ${view}/;x ${view}/%20 ${view}/%0a
    ${view}/%E9 ${view}/%3f ${view}/%25 ${view}/%2f ${view}/\u00e9 ${view}/\\ ${view}/%00 ${view}/..%2f`),
  ...words(`/%63gi-bin/view.pl /cgi-bin/%76iew.pl /cgi-bin/view%2epl /cgi-bin/view%2Epl /cgi-bin/view.%70l
    /cgi-bin/%76%69%65%77%2e%70%6c /%63%67%69%2d%62%69%6e/view.pl /cgi%2Dbin/vie%77.pl /%2e/cgi-bin/view.pl
    /x/%2e%2e/cgi-bin/view.pl /x/%2E%2E/cgi-bin/view.pl /x/.%2e/cgi-bin/view.pl /x/%2E./cgi-bin/view.pl
    /%2e%2e/cgi-bin/view.pl /%2e//%2e/cgi-bin/view.pl /cgi-bin%2fview.pl /cgi-bin%2Fview.pl /%2fcgi-bin/view.pl
    /cgi-bin/%2fview.pl ${view}%2f ${view}%2Fx /x%2f..%2fcgi-bin/view.pl /x%2f../cgi-bin/view.pl`),
  ...words(`/cgi-bin/view%252epl /%252e/cgi-bin/view.pl /cgi-bin%252fview.pl /cgi-bin/%2576iew.pl /cgi-bin/view%c0%aepl
    /cgi-bin/view%e0%80%aepl /cgi-bin%c0%afview.pl /cgi-bin%e0%80%afview.pl /cgi-bin/view%ef%bc%8epl
    /cgi-bin%ef%bc%8fview.pl /cgi-bin/%u0076iew.pl /cgi-bin/view%u002epl /cgi-bin/v\u00efew.pl /\u00e9/../cgi-bin/view.pl
    /%E9/../cgi-bin/view.pl /cgi-bin/view.p%6 /cgi-bin/view.pl% /cgi-bin/view.pl%zz /cgi-bin/view.p%6C%`),
  ...words(`/cgi-bin\\view.pl \\cgi-bin\\view.pl /cgi-bin%5cview.pl /cgi-bin/%5cview.pl /x\\..\\cgi-bin/view.pl
    /x%5c../cgi-bin/view.pl ${view}%00 ${view}%00.html /cgi-bin/%00view.pl ${view}%0a ${view}%0d%0a ${view}%09 ${view}%20
    /cgi-bin/%20view.pl ${view}+ ${view}. ${view}.. ${view}%2e ${view}* ${view}~ ${view};x=1 ${view};/x ${view}%3bx
    /cgi-bin;x/view.pl /cgi-bin/;/view.pl ${view}%3f ${view}%3Fsku=1 ${view}%23 ${view}# ${view}#x ${view}?# /#${view}
    /cgi-bin/view /cgi-bin/.view.pl /cgi-bin/VIEW.PL /cgi-bin/View.pl /CGI-BIN/view.pl /cgi-bin/view.PL
    ${view}\t ${view}\u0000 ${view}\u007f ${view}\u0001 /cgi-bin/view.pl,v ${view}::$DATA ${view}:80`),
  ...words(`http://shop.test${view} HTTP://SHOP.TEST${view} https://shop.test${view} http://other.test:8080${view}
    http://x:99999${view} http:///cgi-bin/view.pl http:////cgi-bin/view.pl http://x//cgi-bin/view.pl http://x/./${view}
    http://x/../${view} http://u@x${view} http://u:p@x${view} http://x,y${view} http://[::1]${view} http://127.0.0.1${view}
    http://x${view}/extra http://x/%63gi-bin/view.pl http://x\\${view} http://x#${view} http://x?${view} ftp://x${view}
    http:${view} http:/${view} //shop.test${view} ws://x${view} view.pl cgi-bin/view.pl * ?${view} .${view}`),
  `${view}/${'a/'.repeat(1000)}`,
  `/${'a/../'.repeat(1000)}cgi-bin/view.pl`,
  `/${'%2e/'.repeat(1000)}cgi-bin/view.pl`,
  `${'/'.repeat(3000)}cgi-bin/view.pl`,
  `${view}?${'a'.repeat(7000)}`,
];

const methods =
  words(`HEAD POST PUT PATCH DELETE OPTIONS PROPFIND MKCOL LOCK REPORT SEARCH PURGE M-SEARCH QUERY TRACE CONNECT
  get Get head FOO GETT G_T GET; PRI`);

const fields = [
  ...words(`X-HTTP-Method-Override:POST X-HTTP-Method:DELETE X-Method-Override:PUT X-Original-URL:/cgi-bin/search.pl
    X-Rewrite-URL:/cgi-bin/search.pl X-Original-URI:/ X-Forwarded-Prefix:/x X-Forwarded-Path:/x X-Forwarded-Host:other
    Request-URI:/ Script-Name:/cgi-bin/search.pl Path-Info:/x X-Script-Name:/x Content-Location:/ Redirect-URL:/x
    Banyan-Errand:e30= Banyan-Answer:1 Banyan-Failure:PORT_FAILED Banyan-Lease:x SCRIPT_NAME:/x REQUEST_URI:/ PATH_INFO:/x
    Connection:host Connection:banyan-errand,close Connection:x-forwarded-for Upgrade:h2c Upgrade:websocket TE:trailers
    Expect:100-continue Expect:tea Max-Forwards:0 Range:bytes=0-1 If-None-Match:* If-Match:"x" Trailer:x Via:1.1
    Content-Type: Content-Type:; Content-Type:text/html,text/plain Cookie:CGISESSID=x Cookie:=; Cookie:a="b Proxy:http://x
    Content-Length:0 Content-Encoding:gzip Accept-Encoding:br Authorization:x Transfer-Encoding:identity HTTP2-Settings:AA
    Transfer-Encoding:chunked Content-Length:+0 Content-Length:0x0 Content-Length:-1 Content-Length:1,1 Content-Length:
    Banyan-Side:legacy Banyan-Side:legacy~*~9999999999~${'A'.repeat(43)} Banyan-Side:legacy~view~1~ Banyan_Side:legacy
    Cookie:banyan-side=legacy Cookie:banyan-side=legacy~*~9999999999~${'A'.repeat(43)}
    X-Odd:\u00e9\u00ff X-Odd:\u0001 X-Odd:\u0000 X-Odd:\u007f X-Odd\u00e9:x X(Odd):x X-Odd@:x :x`),
  'Banyan-Side: legacy\r\nBanyan-Token: ',
  'Banyan-Side: legacy\r\nBanyan-Token: token',
  'Banyan-Side: port\r\nBanyan-Side: legacy\r\nBanyan-Token: x',
  'X-Folded: a\r\n b',
  ' X-Begins: with a space',
  'X-Space : before the colon',
  'X-No-Colon',
  'X-Bare: a\rb',
  'X-Bare: a\nGET /x HTTP/1.1',
  `X-Long: ${'x'.repeat(8100)}`,
  `X-Longer: ${'x'.repeat(15_000)}`,
  `X-Too-Long: ${'x'.repeat(70_000)}`,
  `Cookie: CGISESSID=${'a'.repeat(9000)}`,
];

/** Node keeps a thousand fields, Apache takes a hundred. */
const many = [99, 101, 995, 996, 997, 998, 999, 1000, 1001, 3000];

const lines = [
  ...words(
    `HTTP/1.0 HTTP/0.9 HTTP/1.2 HTTP/2.0 HTTP/2 HTTP/3.0 http/1.1 HTTP/11 HTTP/1.1x HTTPS/1.1 ICE/1.0 RTSP/1.0 HTTP/`,
  ).map((version) => `GET ${view} ${version}\r\n${host}\r\n`),
  `GET ${view} HTTP/1.0\r\n\r\n`,
  `GET ${view}\r\n`,
  `GET ${view}\r\n\r\n`,
  `GET  ${view} HTTP/1.1\r\n${host}\r\n`,
  `GET ${view}  HTTP/1.1\r\n${host}\r\n`,
  `GET\t${view} HTTP/1.1\r\n${host}\r\n`,
  `GET ${view}\tHTTP/1.1\r\n${host}\r\n`,
  ` GET ${view} HTTP/1.1\r\n${host}\r\n`,
  `GET ${view} x HTTP/1.1\r\n${host}\r\n`,
  `GET ${view} HTTP/1.1 \r\n${host}\r\n`,
  `\r\n\r\nGET ${view} HTTP/1.1\r\n${host}\r\n`,
  `GET ${view} HTTP/1.1\n${host}\n`,
  `GET ${view} HTTP/1.1\nHost: shop.test\n\n`,
  `GET ${view} HTTP/1.1\r${host}\r\n`,
  `GET\r\n ${view} HTTP/1.1\r\n${host}\r\n`,
  `GET ${view} HTTP/1.1\r\n\r\n`,
  ...['', 'x:99999', view, 'a b', 'x,y', 'u@x', '[::1]', 'x\u00e9', '*'].map((name) =>
    get(view, `Host: ${name}\r\n`),
  ),
  get(view, `${host}Host: other.test\r\n`),
  get(view, `Host:\r\n shop.test\r\n`),
  get(`http://a.test${view}`, 'Host: b.test\r\n'),
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${get(view)}`,
];

const bodies = [
  post('Content-Length: 3', 'a=b'),
  post('Transfer-Encoding: chunked', '3\r\na=b\r\n0\r\n\r\n'),
  post('Transfer-Encoding: chunked', '3;x=y\r\na=b\r\n0\r\nX-Trailer: x\r\n\r\n'),
  post('Content-Length: 3\r\nContent-Type: multipart/form-data; boundary=x', 'a=b'),
  post('Content-Length: 9', 'a=b'),
  post('Content-Length: 3', `a=b${get(view)}`),
  `GET ${view} HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\na=b`,
  `GET ${view} HTTP/1.0\r\n${host}Content-Length: 3\r\n\r\na=b`,
];

/** Scripts under other names, which are ported too. */
const others = words(`nph-view nph-view/x %6eph-view n%70h%2Dview/ nph-view%2fx NPH-view nph-view.pl
  sub/tool.cgi sub//tool.cgi/x sub/./tool%2ecgi view/../sub/tool.cgi sub%2ftool.cgi sub/sub/../tool.cgi s%75b/tool.cgi?x
  a%20b.pl a%20b.pl/x %61%20%62.pl a+b.pl a%2520b.pl caf%C3%A9.cgi caf%c3%a9.cgi/x caf%E9.cgi caf\u00c3\u00a9.cgi
  cafe%cc%81.cgi report-1.py report%2d1.py report-%31.py report-.py Report-1.py report-1.py?x/../y
  report-1.py/x report-1.py/`);

/** The spellings that ask for a ported script and nothing else, and so mean the same to Apache. */
export const alone: readonly Spelling[] = [
  ...[...targets, ...others.map((other) => `/cgi-bin/${other}`)].map((target) => ({
    what: shown(`GET ${target}`),
    bytes: get(target),
  })),
  ...methods.map((method) => ({
    what: `method ${method}`,
    bytes: `${method} ${view} HTTP/1.1\r\n${host}${/^P[OUA]/.test(method) ? 'Content-Length: 0\r\n' : ''}\r\n`,
  })),
  ...fields.map((field) => ({ what: shown(field), bytes: get(view, `${host}${field}\r\n`) })),
  ...many.map((count) => ({ what: `${count} fields`, bytes: get(view, host + 'a:\r\n'.repeat(count)) })),
  ...[...lines, ...bodies].map((bytes) => ({ what: shown(bytes), bytes })),
];
