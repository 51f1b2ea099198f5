// A client that leaves, wherever it is: what becomes of the script is what becomes of it behind Apache, but for one thing:
// banyan takes the body in first, so that no script is ever begun on half a form. And nothing is left behind.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { giveToServers } from '../../scripts/shop/process.ts';
import { ask, RawClient } from '../helpers/raw-client.ts';
import { allTurnsOver, until } from '../helpers/shop.ts';
import { useSite, useWays, type Way } from '../helpers/ways.ts';

const script = (notes: string): string => String.raw`#!/usr/bin/perl
$SIG{PIPE} = 'IGNORE';
sub note { open my $log, '>>', "${notes}/log-$ENV{QUERY_STRING}" or die; syswrite $log, "$_[0]\n" }
sub gate { select undef, undef, undef, 0.01 until -e "${notes}/gate-$ENV{QUERY_STRING}" }
note('started');
my $bytes = 0; while (my $some = sysread STDIN, my $body, 65536) { $bytes += $some }
note("read $bytes");
gate() if $ENV{QUERY_STRING} =~ /works/;
$| = 1; print "Content-Type: text/plain\n\nbegun\n";
gate() if $ENV{QUERY_STRING} =~ /prints/;
print 'x' x 300_000; print "$ENV{QUERY_STRING}\n";
note('ended');
`;

let notes = '';
const site = await useSite(t, 'aborts', (root) => {
  notes = join(root, 'notes');
  mkdirSync(notes);
  writeFileSync(join(root, 'cgi-bin/notes.pl'), script(notes));
  chmodSync(join(root, 'cgi-bin/notes.pl'), 0o755);
  mkdirSync(join(root, 'sessions'));
});
const top = `session: { store: file://${join(site.root, 'sessions')}, lock: { wait: 20s } }\n`;
const ways = await useWays(t, site, { kept: ['notes.pl'], top });

const noted = (id: string): string[] => {
  const name = `log-${id}`;
  return readdirSync(notes).includes(name) ? readFileSync(join(notes, name), 'utf8').trim().split('\n') : [];
};
const openGate = (id: string): void => {
  writeFileSync(join(notes, `gate-${id}`), '');
  giveToServers(join(notes, `gate-${id}`));
};
const session = 'a'.repeat(32);
const form = (id: string): { head: string; body: string } => ({
  head: `POST /cgi-bin/notes.pl?${id} HTTP/1.1\r\nHost: shop.test\r\nCookie: CGISESSID=${session}\r\nContent-Length: 10\r\n\r\n`,
  body: 'name=value',
});

/** Where a client leaves: how much it sends, and what it waits for before it goes. Returns once it is about to go. */
const points: Readonly<Record<string, (client: RawClient, id: string) => Promise<void>>> = {
  'in the request line': (client, id) => client.write(form(id).head.slice(0, 12)),
  'in the head': (client, id) => client.write(form(id).head.slice(0, 70)),
  'behind the head': (client, id) => client.write(form(id).head),
  'in the body': (client, id) => client.write(form(id).head, form(id).body.slice(0, 5)),
  'behind the body, while the script works': async (client, id) => {
    await client.write(form(id).head + form(id).body);
    await until('the script has read', () => noted(id).length === 2);
  },
  'behind the first byte of the answer, while the script prints': async (client, id) => {
    await client.write(form(id).head + form(id).body);
    await client.begun();
  },
  'in the answer, which the script goes on with': async (client, id) => {
    await client.write(form(id).head + form(id).body);
    await client.begun();
    openGate(id);
    await until('more of it is here', () => client.unread.length > 1000);
  },
};
const isWhole = (point: string): boolean => /script/.test(point);
const leave = { close: (client: RawClient) => client.close(), reset: (client: RawClient) => client.reset() };

/** What a gateway has open; the processes that stay are known by their connections. */
const openFiles = ({ gateway }: Way): number =>
  gateway === null ? 0 : readdirSync(`/proc/${gateway.pid}/fd`).length;

async function isServed(way: Way, id: string): Promise<boolean> {
  const { head, body } = form(id);
  const came = await ask(way.url, head + body);
  return came.kind === 'whole' && came.status === 200 && came.message.body.endsWith(`x${id}\n`);
}

for (const way of ways) {
  t.test(way.name, async (t) => {
    // One that works and one behind it: as many processes as will stay with the script.
    await Promise.all([isServed(way, `${way.name}-a`), isServed(way, `${way.name}-b`)]);
    if (way.gateway !== null) await allTurnsOver(way.gateway);
    const before = openFiles(way);
    let number = 0;
    for (const [point, go] of Object.entries(points)) {
      for (const [how, end] of Object.entries(leave)) {
        const what = `${point}, by a ${how}`;
        const id = `${way.name}-${++number}-${point.includes('works') ? 'works' : 'prints'}`;
        const client = await RawClient.to(way.url);
        await go(client, id);
        end(client);
        if (isWhole(point)) {
          openGate(id);
          // Apache ends some of those that print to a client that has left; banyan ends none.
          const steps = way.gateway === null ? ['started', 'read 10'] : ['started', 'read 10', 'ended'];
          await until(`the script is there: ${what}`, () => noted(id).length >= steps.length);
          t.same(noted(id).slice(0, steps.length), steps, `${what}: the script goes on to its end`);
        } else openGate(id);
        t.ok(await isServed(way, `${way.name}-${number}-next`), `${what}: the next one is served`);
        if (!isWhole(point) && way.gateway !== null)
          t.same(noted(id), [], `${what}: no script has been begun on a part of a request`);
      }
    }
    const id = `${way.name}-half`;
    const client = await RawClient.to(way.url);
    await client.write(form(id).head + form(id).body);
    client.halfClose();
    t.match(
      await client.answer(),
      { kind: 'whole', status: 200 },
      'who shuts its sending side has its answer',
    );
    t.same(noted(id), ['started', 'read 10', 'ended']);
    client.close();
    if (way.gateway === null) return;
    await allTurnsOver(way.gateway);
    await until('no more is open than before', () => openFiles(way) <= before);
  });
}
