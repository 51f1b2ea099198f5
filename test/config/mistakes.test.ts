import t from 'tap';
import { codes, complaints, read } from '../helpers/settings.ts';

/** Lines 1 to 3; the routes of a test begin in line 4. */
const head = `base: /cgi-bin/
legacy: http://127.0.0.1:8080
routes:
`;

t.test('an unknown key is shown with its line, and what was meant', async (t) => {
  t.equal(
    complaints(`${head}  cart.pl:\n    to: legacy\n    timeuot: 3s\n`),
    `routes.yaml:6:5: error: unknown key "timeuot" in route "cart.pl" [unknown-key]
  |
6 |     timeuot: 3s
  |     ^^^^^^^
  = help: did you mean "timeout"?
`,
  );
});

t.test('a misspelt target is shown', async (t) => {
  t.equal(
    complaints(`${head}  view.pl: prot\n`),
    `routes.yaml:4:12: error: cannot read target "prot" [bad-target]
  |
4 |   view.pl: prot
  |            ^^^^
  = help: did you mean "port"?
`,
  );
});

t.test('a share without its percent sign is shown', async (t) => {
  t.match(complaints(`${head}  view.pl: port 25\n`), 'did you mean "port 25%"?');
});

t.test('a share over 100% is shown', async (t) => {
  t.match(
    complaints(`${head}  view.pl: port 120%\n`),
    'routes.yaml:4:12: error: 120% is over 100% [bad-percent]',
  );
});

t.test('a route that is defined twice is shown with both lines', async (t) => {
  t.equal(
    complaints(`${head}  view.pl: port\n  a.pl: legacy\n  view.pl: legacy\n`),
    `routes.yaml:6:3: error: route "view.pl" is defined twice [duplicate-route]
  |
6 |   view.pl: legacy
  |   ^^^^^^^
  = help: it is first defined at line 4; merge the two, or make one more specific with a method or ?param=value
`,
  );
});

t.test('a setting that is defined twice is shown with both lines', async (t) => {
  t.match(
    complaints(`legacy: http://a\n${head}  /**: legacy\n`),
    /error: "legacy" is defined twice \[duplicate-key\][^]*first defined at line 1;/,
  );
});

t.test('two keys that match the same requests are shown', async (t) => {
  t.equal(
    complaints(`${head}  GET /item/{id}: legacy\n  GET /item/{sku}: legacy\n`),
    `routes.yaml:5:3: error: "GET /item/{sku}" and "GET /item/{id}" (line 4) match the same requests [ambiguous]
  |
5 |   GET /item/{sku}: legacy
  |   ^^^^^^^^^^^^^^^
  = help: make one more specific, or merge them; neither would win
`,
  );
});

t.test('the same path in two spellings, and globs that overlap, are ambiguous as well', async (t) => {
  const found = (routes: string) => codes(read(head + routes).findings).map((code) => code.split(' ')[1]);
  t.has(found('  view.pl: legacy\n  /cgi-bin/view.pl: { to: legacy, name: v2 }\n'), ['ambiguous']);
  t.has(found('  /a/x*: legacy\n  /a/*y: { to: legacy, name: v2 }\n'), ['ambiguous']);
  t.has(found('  GET,POST /a: legacy\n  POST,PUT /a: { to: legacy, name: v2 }\n'), ['ambiguous']);
  t.same(
    found(
      '  GET /a: legacy\n  POST /a: legacy\n  /a: legacy\n  /a/x*: legacy\n  /a/yy*: { to: legacy, name: y }\n',
    ),
    [],
  );
});

t.test('two routes of one name are shown', async (t) => {
  t.match(
    complaints(`${head}  view.pl: legacy\n  /view: legacy\n`),
    'error: "/view" and "view.pl" (line 4) are both called "view" [duplicate-name]',
  );
});

t.test('a tab is shown as an arrow', async (t) => {
  t.equal(
    complaints(`${head}  cart.pl:\n\tto: port\n`),
    `routes.yaml:5:1: error: a tab is used for indentation [yaml]
  |
5 | →to: port
  | ^
  = help: YAML allows only spaces here; replace the tab with two spaces
`,
  );
});

t.test('a duration without a unit is shown', async (t) => {
  t.equal(
    complaints(`${head}  cart.pl:\n    to: legacy\n    timeout: 30\n`),
    `routes.yaml:6:14: error: timeout "30" has no unit [bad-duration]
  |
6 |     timeout: 30
  |              ^^
  = help: write 30s (or 30ms); durations are a number and ms, s, m, h or d
`,
  );
});

t.test('a port file that does not exist is shown with the one that was meant', async (t) => {
  t.equal(
    complaints(`${head}  cart.pl:\n    to: port\n    port: ./ports/cart_add.ts\n`),
    `routes.yaml:6:11: error: ./ports/cart_add.ts does not exist [no-such-port]
  |
6 |     port: ./ports/cart_add.ts
  |           ^^^^^^^^^^^^^^^^^^^
  = help: did you mean ./ports/cart-add.ts?
`,
  );
  t.match(
    complaints(`${head}  veiw.pl: port 5%\n`),
    /\.\/ports\/veiw\.ts does not exist \[no-such-port\][^]*"port: \.\/ports\/view\.ts"/,
  );
  t.match(complaints(`${head}  /shop/{id}: port\n`), 'has no script name that a port could be found by');
});

t.test('a missing file that is named but not needed is a warning', async (t) => {
  const { settings, findings } = read(`${head}  a.pl: { to: legacy, port: ./ports/a.ts }\n`);
  t.match(findings, [{ severity: 'warning', code: 'no-such-port' }]);
  t.equal(settings?.table.routes[0]?.port, null);
});

t.test('a relative key without a base is shown', async (t) => {
  t.match(
    complaints('legacy: http://a\nroutes:\n  view.pl: legacy\n'),
    /3:3: error: "view.pl" does not start with "\/" \[relative-path\]/,
  );
});

t.test('sessions and methods are held against what there is', async (t) => {
  t.match(
    complaints(`${head}  a.pl: { to: legacy, session: wirte }\n`),
    /4:32: error: session "wirte" is not none, read or write \[bad-session\][^]*did you mean "write"\?/,
  );
  t.match(
    complaints(`${head}  get a.pl: legacy\n`),
    /4:3: error: unknown method "get" \[bad-method\][^]*did you mean GET\?/,
  );
  t.match(complaints(`${head}  a.pl: { to: legacy, session: read }\n`), '[no-session]');
});

t.test('everything that is wrong is said at once, in the order of the file', async (t) => {
  const text = `version: 2
listen: 8000
legacy: 127.0.0.1:8080
ports: { hosts: 0 }
session: { store: "mysql://a@b", cookie: "a b", lock: { wait: 5 } }
routes:
  /a: prot
  /b: { to: port, session: raed, timeout: 5, name: "x y" }
  /c:
`;
  t.same(codes(read(text).findings), [
    '1:10 bad-version',
    '2:9 bad-address',
    '3:9 bad-url',
    '4:17 bad-number',
    '5:19 bad-store',
    '5:42 bad-cookie',
    '5:63 bad-duration',
    '7:7 bad-target',
    '8:13 no-such-port',
    '8:28 bad-session',
    '8:43 bad-duration',
    '8:52 bad-name',
    '9:3 missing-target',
  ]);
});

t.test('what must be there is asked for', async (t) => {
  t.same(codes(read('version: 1\n').findings), ['1:1 missing-key', '1:1 missing-key']);
  t.match(complaints(''), 'error: the file is empty [empty-file]');
  t.match(complaints('just words\n'), 'the file is not a map of settings');
});

t.test('a file without a final newline is half written on a reload, and a warning otherwise', async (t) => {
  const text = `${head}  a.pl: legacy`;
  t.match(read(text, { mustBeComplete: true }), {
    settings: null,
    findings: [{ code: 'cut-off', severity: 'error' }],
  });
  t.match(read(text).findings, [{ code: 'cut-off', severity: 'warning' }]);
  t.not(read(text).settings, null);
});

t.test('a file over 1 MB is not read', async (t) => {
  t.match(complaints(`# ${'x'.repeat(1024 * 1024)}\n${head}`), 'the file is larger than 1 MB [too-large]');
});

t.test('a trace that is none', async (t) => {
  const said = complaints(`legacy: http://a
session: { store: "mysql://u@h/d", trace: value }
routes: { /**: legacy }
`);
  t.match(said, 'unknown trace "value"');
  t.match(said, 'did you mean "values"?');
});

t.test('a session map that cannot be meant', async (t) => {
  const said = (session: string): string =>
    complaints(`legacy: http://a\nsession: { ${session} }\nroutes: { /**: legacy }\n`);
  const store = 'store: "mysql://u@h/d"';
  t.match(said('store: "file:///"'), 'the session store names no folder');
  t.match(said('store: "file:///a?name=x"'), 'has no single %s for the id');
  t.match(said('store: "file:///a?nam=x%s"'), 'unknown parameter "nam"');
  t.match(said('store: "redis://a"'), 'is not a mysql:// or file:// address');
  t.match(said('store: "mysql://u@h/d?id=a`b"'), 'cannot read the id');
  t.match(said('store: "file:///a", format: rows'), 'format rows is kept in a table');
  t.match(said('store: "file:///a", keep: 7d'), 'the timeline is kept in a table');
  t.match(said(`${store}, format: apache-sesion`), 'did you mean "apache-session"?');
  t.match(said(`${store}, format: rows, serializer: json`), 'format rows has no serializer');
  t.match(said(`${store}, path: /sid=`), 'does not say where the id stands in a path');
  t.match(said(`${store}, nested: maybe`), 'nested "maybe" is not allow or refuse');
  t.match(said(`${store}, nested-from: shop.example`), '"shop.example" is no IP address');
  t.match(said(`${store}, lock: { kind: tabel }`), 'did you mean "table"?');
});

t.test('workers that would take an outsider for one another are warned of', async (t) => {
  const text = (workers: number, session: string): string =>
    `workers: ${workers}\nlegacy: http://a\nsession: { store: '${session} }\nroutes:\n  /**: legacy\n`;
  const table = "mysql://shop@127.0.0.1/shop?table=sessions'";
  t.same(codes(read(text(2, table)).findings), ['1:1 workers-apart']);
  t.same(codes(read(text(1, table)).findings), []);
  t.same(codes(read(text(2, `${table}, keep: 7d`)).findings), []);
  t.same(codes(read(text(2, `${table}, trace: off`)).findings), []);
  t.same(codes(read(text(2, "file:///tmp/sessions'")).findings), [], 'in files there is no way to');
  t.same(codes(read(text(65, table)).findings), ['1:10 bad-number']);
});
