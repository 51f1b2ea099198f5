// A script that the gateway runs is a process of its own: what becomes of it, and of the turn it has, is known.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startGateway, type GatewayProcess } from '../../scripts/shop/gateway.ts';
import { ask } from '../helpers/ask.ts';
import { writeCgiScripts } from '../helpers/cgi-scripts.ts';
import { logged, metricsOf, until, useShop } from '../helpers/shop.ts';

const shop = await useShop(t);
const bin = join(shop.root, 'cgi-bin');
const notes = join(shop.scratch, 'notes');
mkdirSync(notes, { mode: 0o777 });
writeCgiScripts(bin);

const script = (name: string, text: string): void => {
  writeFileSync(join(bin, name), `#!/usr/bin/perl\nuse strict; use warnings;\n${text}`);
  chmodSync(join(bin, name), 0o755);
};
const helpers = `
sub note { open my $f, '>>', "${notes}/log"; print {$f} "$_[0] $ENV{QUERY_STRING}\\n" }
sub gate { select undef, undef, undef, 0.01 until -e "${notes}/$_[0]" }
print "Content-Type: text/plain\\n\\nhello\\n";
`;
script('works-on.pl', `${helpers} note('start'); close STDOUT; gate('works-on'); note('end');`);
script('leaves-child.pl', `$| = 1; ${helpers} if (!fork) { gate('leaves-child'); print "late\\n"; }`);
script('waits.pl', `$| = 1; ${helpers} gate('waits'); print "done\\n";`);
script('hangs.pl', `$SIG{TERM} = 'IGNORE'; ${helpers} note("pid $$"); sleep 600;`);
script('own.pl', `use lib '${join(shop.root, 'lib')}'; use Own; ${helpers} print Own::version();`);
writeFileSync(join(shop.root, 'lib/Own.pm'), 'package Own; sub version { 1 } 1;\n');

const open = (name: string): void => writeFileSync(join(notes, name), '');
const noted = (): string[] => readFileSync(join(notes, 'log'), 'utf8').trim().split('\n');
const cookie = (id: string) => ({ headers: { Cookie: `CGISESSID=${id.repeat(32)}` } });

async function useRunner(name: string, more = ''): Promise<GatewayProcess> {
  const file = join(shop.scratch, `${name}.yaml`);
  const legacy = `{ cgi: legacy/cgi-bin, env: [SHOP_CONF], lib: legacy/lib, preload: [auto, Own]${more} }`;
  const session = 'session: { store: "${BANYAN_SESSIONS}", lock: { wait: 20s } }';
  writeFileSync(
    file,
    `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlegacy: ${legacy}\n${session}\nroutes:\n  /**: legacy\n`,
  );
  const gateway = await startGateway(shop, file, { env: { SHOP_CONF: join(shop.root, 'conf/shop.conf') } });
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}
const gateway = await useRunner('runner');
const waiting = async (): Promise<string | undefined> =>
  /^banyan_session_lock_waiters (\d+)/m.exec(await metricsOf(gateway))?.[1];

t.test('a script that prints before it reads waits for nobody', async (t) => {
  const body = 'x'.repeat(1_000_000);
  const reply = await ask(gateway.url, '/cgi-bin/print-first.pl', { method: 'POST', body });
  t.equal(reply.body.length, 300_000 + '\n1000000'.length, 'all it has printed');
  t.match(reply.body, /\n1000000$/, 'and it has read all it was sent');
});

t.test('what a script says on its standard error is in the log, by request', async (t) => {
  await ask(gateway.url, '/cgi-bin/die-late.pl');
  const line = await logged(
    gateway,
    ({ script, msg }) => script === '/cgi-bin/die-late.pl' && String(msg).startsWith('late at'),
  );
  const record = await logged(gateway, ({ path }) => path === '/cgi-bin/die-late.pl');
  t.equal(line['request'], record['id'], 'with the id of the request');
});

t.test('a script that failed is known to have failed, whatever its status said', async (t) => {
  t.equal((await ask(gateway.url, '/cgi-bin/die-late.pl')).status, 200);
  const record = await logged(gateway, ({ path }) => path === '/cgi-bin/die-late.pl');
  t.match(record, { status: 200, problem: 'SCRIPT_FAILED' });
  const killed = await ask(gateway.url, '/cgi-bin/killed.pl');
  t.ok(killed.cut, 'the page of one that was killed looks cut');
});

t.test('the turn is kept until the script is over, not until it has printed', async (t) => {
  await ask(gateway.url, '/cgi-bin/works-on.pl?first', cookie('a'));
  const second = ask(gateway.url, '/cgi-bin/works-on.pl?second', cookie('a'));
  await until('the second one waits', async () => (await waiting()) === '1');
  t.strictSame(noted(), ['start first']);
  open('works-on');
  await second;
  await until('both are over', () => noted().length === 4);
  t.strictSame(noted(), ['start first', 'end first', 'start second', 'end second']);
});

t.test('a child that a script leaves behind holds its page open, and not the turn', async (t) => {
  const first = ask(gateway.url, '/cgi-bin/leaves-child.pl', cookie('b'));
  await logged(gateway, ({ path }) => path === '/cgi-bin/die-late.pl');
  t.match(await ask(gateway.url, '/cgi-bin/echo.pl', cookie('b')), { status: 200 }, 'the next one is served');
  open('leaves-child');
  t.match((await first).body, /late/);
});

t.test('a changed module is noticed by the next request', async (t) => {
  t.match((await ask(gateway.url, '/cgi-bin/own.pl')).body, /1$/);
  t.match((await ask(gateway.url, '/cgi-bin/own.pl')).body, /1$/);
  writeFileSync(join(shop.root, 'lib/Own.pm'), 'package Own; sub version { "two" } 1;\n');
  t.match((await ask(gateway.url, '/cgi-bin/own.pl')).body, /two$/);
  t.match((await ask(gateway.url, '/cgi-bin/own.pl')).body, /two$/);
});

t.test('the fork server is killed', async (t) => {
  const running = ask(gateway.url, '/cgi-bin/waits.pl');
  await until('it runs', async () => processes(/waits\.pl/).length === 1);
  const [server] = processes(/^banyan fork server/, gateway.pid);
  process.kill(server as number, 'SIGKILL');
  t.match(await ask(gateway.url, '/cgi-bin/echo.pl'), { status: 200 }, 'the next request finds another one');
  open('waits');
  t.match((await running).body, /done/, 'a script that was running goes on');
});

t.test('a script that does not end is ended', async (t) => {
  const limited = await useRunner('limited', ', run-time: 1s');
  const reply = await ask(limited.url, '/cgi-bin/hangs.pl');
  t.ok(reply.status === 502 || reply.cut, 'its page is not called whole');
  const record = await logged(limited, ({ path }) => path === '/cgi-bin/hangs.pl');
  t.match(record, { problem: 'SCRIPT_FAILED' });
  t.strictSame(processes(/hangs\.pl/), [], 'and it is gone, although it did not listen to SIGTERM');
});

t.test('a script gets nothing of what the gateway knows', async (t) => {
  const { body } = await ask(gateway.url, '/cgi-bin/echo.pl');
  t.notMatch(body, /BANYAN_SESSIONS|mysql:/);
  t.match(body, /^SHOP_CONF=/m, 'but what it is to have');
});

t.test('what is no script of the folder is not run', async (t) => {
  for (const path of [
    'outside.cgi',
    'not-executable.pl',
    '../conf/shop.conf',
    '%2e%2e/conf/shop.conf',
    'echo.pl%00.html',
  ]) {
    const reply = await ask(gateway.url, `/cgi-bin/${path}`);
    t.ok(reply.status >= 400, `${path}: ${reply.status}`);
    t.notMatch(reply.body, /password|echo/);
  }
});

t.test('a script that stays is compiled once, and every request is its first', async (t) => {
  script(
    'stays.pl',
    `use CGI; our $runs; sub note { open my $f, '>>', "${notes}/stays"; print {$f} "@_\\n" }
BEGIN { note('compiled') }
$runs++; my $q = CGI->new; my $name = $q->param('name') || 'nobody';
print $q->header('text/plain'), "$name $runs ", join('|', @ARGV), " ", defined $ENV{CONTENT_LENGTH} ? $ENV{CONTENT_LENGTH} : 'none', "\\n", <DATA>;
$/ = undef; $| = 1; $SIG{ALRM} = sub { }; exit 4 if $name eq 'early'; die "dies\\n" if $name eq 'dying';
END { note("end $?") }
__DATA__
data
`,
  );
  script(
    'unfit.pl',
    `my $name = 'first'; sub name { $name } print "Content-Type: text/plain\\n\\n", name(), "\\n";`,
  );
  writeFileSync(
    join(shop.root, 'lib/Visitor.pm'),
    'package Visitor; my $first; sub first { $first ||= $ENV{QUERY_STRING} } 1;\n',
  );
  script(
    'leaves.pl',
    `use lib '${join(shop.root, 'lib')}'; use Visitor; ${helpers} print Visitor::first(), "\\n";`,
  );
  script('makes.pl', `no strict 'refs'; \${"main::made"} = $ENV{QUERY_STRING}; ${helpers}`);
  script('redefines.pl', `my $who = $ENV{QUERY_STRING}; *who = sub { $who }; ${helpers} print who(), "\\n";`);
  const staying = await useRunner(
    'staying',
    ', persistent: [stays.pl, unfit.pl, leaves.pl, makes.pl, redefines.pl], may-leave: [$runs]',
  );
  const form = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  const first = await ask(staying.url, '/cgi-bin/stays.pl', { ...form, body: 'name=ann' });
  t.equal(first.body, 'ann 1  8\ndata\n');
  t.equal(
    (await ask(staying.url, '/cgi-bin/stays.pl?name=bob')).body,
    'bob 2  none\ndata\n',
    'but what it leaves in variables',
  );
  t.equal((await ask(staying.url, '/cgi-bin/stays.pl?a+b')).body, 'nobody 3 a|b none\ndata\n');
  for (const [name, code] of [
    ['early', 4],
    ['dying', 255],
  ] as const) {
    await ask(staying.url, `/cgi-bin/stays.pl?name=${name}`);
    const known = await logged(
      staying,
      ({ problem, detail }) => problem === 'SCRIPT_FAILED' && String(detail).endsWith(`${code}`),
    );
    t.ok(known, `its exit code is known: ${code}`);
  }
  t.match(
    (await ask(staying.url, '/cgi-bin/stays.pl')).body,
    /^nobody 6/,
    'exit and die end a request, not the process',
  );
  const lines = readFileSync(join(notes, 'stays'), 'utf8').trim().split('\n');
  t.strictSame(lines, ['compiled', 'end 0', 'end 0', 'end 0', 'end 4', 'end 255', 'end 0']);
  t.match((await ask(staying.url, '/cgi-bin/unfit.pl')).body, /first/, 'one that cannot stay is run as ever');
  t.match(
    await logged(staying, ({ msg }) => /does not stay/.test(String(msg))),
    { msg: /\$name/ },
    'and named',
  );
  for (const name of ['ann', 'bob']) {
    const { body } = await ask(staying.url, `/cgi-bin/leaves.pl?${name}`);
    t.match(body, `\n${name}\n`, 'nor is one that leaves something in a variable of a module');
  }
  t.match(await logged(staying, ({ msg }) => /leaves.pl does not stay/.test(String(msg))), {
    msg: /\$Visitor::first/,
  });
  for (const [name, variable] of [
    ['makes.pl', /\$made/],
    ['redefines.pl', /\$who/],
  ] as const) {
    await ask(staying.url, `/cgi-bin/${name}?ann`);
    const said = await logged(staying, ({ msg }) => String(msg).includes(`${name} does not stay`));
    t.match(said, { msg: variable }, 'nor one that leaves something where there was no variable before');
  }
  script('stays.pl', 'print "Content-Type: text/plain\\n\\nanother\\n";');
  t.match((await ask(staying.url, '/cgi-bin/stays.pl')).body, /another/, 'a changed script is noticed');
});

t.test('a crowd is served, and nothing is left of it', async (t) => {
  const replies = await Promise.all(
    Array.from({ length: 60 }, (_, i) => ask(gateway.url, `/cgi-bin/echo.pl?n=${i}`)),
  );
  t.ok(
    replies.every((reply, i) => reply.body.includes(`QUERY_STRING=n=${i}\n`)),
    'each with its own answer',
  );
  await gateway.stop();
  t.strictSame(processes(/^banyan fork server/, gateway.pid), []);
});

/** Processes by their command line; with `parent`, only that one's children. */
function processes(what: RegExp, parent?: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, ppid, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid !== undefined && what.test(args) && (parent === undefined || Number(ppid) === parent)
      ? [Number(pid)]
      : [];
  });
}
