import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import t from 'tap';
import { startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { useShop } from '../helpers/shop.ts';

const run = promisify(execFile);

/** Each as CGI::Session names it, and as routes.yaml does. */
const serializers = { storable: 'storable-native', default: 'dumper' };

t.test('a port works in sessions that Perl has written in another way', async (t) => {
  const shop = await useShop(t);
  /** Runs Perl with `$s`, the session of this id (a new one where it is empty), and gives what it prints. */
  const perl = async (serializer: string, id: string, code: string): Promise<string> => {
    const program = `
      use CGI::Session; use DBI; use JSON::PP;
      my $db = DBI->connect("dbi:mysql:database=shop;host=127.0.0.1;port=$ENV{DB_PORT}", 'shop', $ENV{DB_PASSWORD}, {RaiseError => 1});
      $db->do('SET NAMES latin1');
      my $s = CGI::Session->new("driver:mysql;serializer:${serializer}", $ENV{SESSION} || undef, {Handle => $db}) or die CGI::Session->errstr;
      ${code}
      $s->flush;`;
    const env = { DB_PORT: String(shop.mariadb.tcpPort), DB_PASSWORD: shop.mariadb.password, SESSION: id };
    return (await run('/usr/bin/perl', ['-e', program], { env, encoding: 'latin1' })).stdout;
  };

  for (const [theirs, ours] of Object.entries(serializers)) {
    await t.test(`serializer:${theirs}, and the port with ${ours}`, async (t) => {
      // TEXT cannot hold what is no text in the connection's character set; a shop that uses these has a BLOB.
      await shop.db.query('ALTER TABLE sessions MODIFY a_session LONGBLOB NOT NULL');
      const file = writeRoutes(shop, '  cart.pl: port\n  /**: legacy');
      const text = readFileSync(file, 'utf8').replace('format: cgi-session', `serializer: ${ours}`);
      writeFileSync(file, text);
      const gateway = await startGateway(shop, file);
      t.teardown(() => gateway.stop('SIGKILL'));

      const visitor = new Visitor(gateway.url);
      const mine = `$s->param('cart', { 1001 => 2 }); $s->param('name', "Bj\\xf6rk"); print $s->id;`;
      visitor.sessionId = await perl(theirs, '', mine);
      const page = await visitor.get('cart.pl?action=add;sku=1002');
      t.match(page, { status: 200, body: /<B>Items: 3<\/B>/ }, 'the port reads the cart and adds to it');
      const read = `print JSON::PP->new->canonical->latin1->encode({ map { $_ => $s->param($_) } 'cart', 'name' });`;
      const both = JSON.parse(await perl(theirs, visitor.sessionId, read)) as Record<string, unknown>;
      t.match(both, { cart: { 1001: /^2$|2/, 1002: /^1$|1/ }, name: 'Bj\u00f6rk' }, 'and Perl reads both');

      const stranger = new Visitor(gateway.url);
      await stranger.get('cart.pl?action=add;sku=1003');
      const begun = await perl(
        theirs,
        stranger.sessionId as string,
        `print join ',', keys %{ $s->param('cart') };`,
      );
      t.equal(begun, '1003', 'a session that the port has begun is one to Perl');
      t.notOk(
        gateway.log().some((line) => 'fallback' in line),
        'nothing fell back to legacy',
      );
    });
  }
});
