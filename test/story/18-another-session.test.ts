import { chmodSync, cpSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { sessionLabel } from '../../src/session/identity.ts';
import { logged, perlReads, turnsHeld, until, useGateway, useShop } from '../helpers/shop.ts';

function install(shop: Shop, script: string): void {
  const place = join(shop.root, 'cgi-bin', script);
  cpSync(join(repository, 'test/fixtures/cgi', script), place);
  chmodSync(place, 0o755);
}

/** The session that the head of an answer gives, while the script still works. */
function sessionGiven(base: string, page: string, id: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = id === null ? {} : { cookie: `CGISESSID=${id}` };
    request(`${base}/cgi-bin/${page}`, { headers }, (response) => {
      response.resume();
      resolve(/CGISESSID=(\w+)/.exec(String(response.headers['set-cookie']))?.[1] ?? '');
    })
      .on('error', reject)
      .end();
  });
}

t.test('a script that gives its visitor another session', async (t) => {
  const shop = await useShop(t);
  install(shop, 'slow-end.pl');
  const gateway = await useGateway(t, shop, '  /**: legacy');
  const gate = await shop.mariadb.connect('shop');
  t.teardown(() => gate.destroy());

  for (const [when, page] of [
    ['at the first visit', 'slow-end.pl?gate=gate'],
    ['at a login', 'slow-end.pl?gate=gate;renew=1'],
  ] as const) {
    await t.test(`${when}: the next request waits until the session is written`, async (t) => {
      const visitor = new Visitor(gateway.url);
      if (when === 'at a login') await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '3' });
      const old = visitor.sessionId;
      await gate.query("SELECT GET_LOCK('gate', 0)");
      visitor.sessionId = await sessionGiven(gateway.url, page, old);
      t.not(visitor.sessionId, old, 'the visitor knows the new id');
      const next = visitor.get('cart.pl?action=show');
      await until('it waits', async () => (await turnsHeld(gateway)) === (old === null ? 1 : 2));
      await gate.query("SELECT RELEASE_LOCK('gate')");
      t.equal((await next).status, 200);
      const session = await perlReads(shop, visitor.sessionId);
      t.equal(session['by'], 'slow-end', 'what the script wrote at its end is there');
      if (old !== null) t.same(session['cart'], { 1001: '3' }, 'and what moved along');
      t.match(await logged(gateway, ({ gaveSession }) => gaveSession !== undefined), {
        gaveSession: sessionLabel(visitor.sessionId),
      });
      await until('no turn is left', async () => (await turnsHeld(gateway)) === 0);
      const seen = await fetch(`${gateway.adminUrl}/sessions/${visitor.sessionId}`);
      const { entries } = (await seen.json()) as { entries: { outcome?: string; wrote?: string }[] };
      const began = entries.find(({ outcome }) => outcome === 'followed');
      t.equal(began?.wrote, 'changed', 'and it was seen that it was not there before');
    });
  }

  await t.test(
    'and breaks off while its turn is awaited: one answer is cut, and the gateway goes on',
    async (t) => {
      install(shop, 'nph-breaks-off.pl');
      const visitor = new Visitor(gateway.url);
      for (let time = 0; time < 3; time++) await visitor.get('nph-breaks-off.pl').catch(() => null);
      visitor.sessionId = null;
      t.equal((await visitor.get('cart.pl?action=show')).status, 200);
      await until('no turn is left', async () => (await turnsHeld(gateway)) === 0);
    },
  );

  await t.test('logs in, with the shop’s own login: the cart moves along, and nothing is held', async (t) => {
    const visitor = new Visitor(gateway.url);
    await visitor.post('cart.pl', { action: 'add', sku: '1001', qty: '1' });
    const before = visitor.sessionId;
    await visitor.post('login.pl', { login: 'pete', password: 'vinyl' });
    t.not(visitor.sessionId, before);
    t.match(await perlReads(shop, visitor.sessionId as string), { login: 'pete', cart: { 1001: '1' } });
    await until('no turn is left', async () => (await turnsHeld(gateway)) === 0);
  });
});
