import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { textHash } from '../../src/config/text-hash.ts';
import { ask, type RawClient } from '../helpers/raw-client.ts';
import { until, useShop } from '../helpers/shop.ts';
import { heldLegacy } from '../helpers/held-legacy.ts';
import { type CrewHere, get, startMs, useCrew } from '../helpers/workers.ts';

const requests = 'banyan_requests_total{route="rest",side="legacy",code="200"}';

/** Clients, at least two of each worker, and whose they are. */
async function clientsOfBoth(crew: CrewHere): Promise<{ client: RawClient; pid: number }[]> {
  const clients: { client: RawClient; pid: number }[] = [];
  const counts = new Map<number, number>();
  while (counts.size < 2 || Math.min(...counts.values()) < 2) {
    const one = await crew.client();
    clients.push(one);
    counts.set(one.pid, (counts.get(one.pid) ?? 0) + 1);
  }
  return clients;
}

t.test('several processes serve as one', async (t) => {
  const shop = await useShop(t);
  t.setTimeout(600_000);
  const legacy = await heldLegacy(t);

  await t.test('each takes connections, and what they count is added up', async (t) => {
    const crew = await useCrew(t, shop, legacy.url);
    const clients = await clientsOfBoth(crew);
    t.same(new Set(clients.map(({ pid }) => pid)), new Set(await crew.pids()));
    t.notOk(
      clients.some(({ pid }) => pid === crew.pid),
      'the primary serves nobody',
    );
    t.equal(await crew.metric(requests), clients.length);
    t.match(await (await fetch(`${crew.adminUrl}/metrics`)).text(), /^banyan_build_info\{[^}]*\} 1$/m);
    t.same(await (await fetch(`${crew.adminUrl}/ready`)).json(), {
      ready: true,
      workers: { wanted: 2, serving: 2 },
    });
    const lines = crew.log().filter((line) => line['msg'] === 'exchange');
    t.same(new Set(lines.map((line) => line['worker'])), new Set([1, 2]), 'the log says which it was');
  });

  await t.test('one that is killed takes only its own connections with it, and is replaced', async (t) => {
    const crew = await useCrew(t, shop, legacy.url);
    const clients = await clientsOfBoth(crew);
    const victim = clients[0]?.pid as number;
    for (const [at, { client }] of clients.entries()) await client.write(get(`/hang-${at}`));
    await until('legacy has them all', () => legacy.waiting.size === clients.length, startMs);
    let isOver = false;
    const came: string[] = [];
    const keepAsking = async (): Promise<void> => {
      while (!isOver) came.push((await ask(crew.url, get('/load')).catch(() => ({ kind: 'reset' }))).kind);
    };
    const loads = [1, 2, 3, 4].map(keepAsking);
    await until('there is load', () => came.length > 50, startMs);
    const before = await crew.metric(requests);

    process.kill(victim, 'SIGKILL');
    await Promise.all(
      clients
        .filter(({ pid }) => pid === victim)
        .map(async ({ client }) => {
          t.equal((await client.answer()).kind, 'closed', 'its own connections break');
        }),
    );
    t.ok((await crew.metric(requests)) >= before, 'nothing that was counted is forgotten');
    await crew.allServe(2);
    t.notOk((await crew.pids()).includes(victim));
    const since = came.length;
    await until('there is still load', () => came.length > since + 50, startMs);
    isOver = true;
    await Promise.all(loads);
    for (const response of legacy.waiting.values()) response.end('at last');
    for (const { client } of clients.filter(({ pid }) => pid !== victim))
      t.match(await client.answer(), { kind: 'whole', status: 200 }, 'those of the other go on');
    const broken = came.filter((kind) => kind !== 'whole').length;
    t.ok(broken <= 4, `of each client under load at most one request broke, of ${came.length}: ${broken}`);
    t.equal(await crew.metric('banyan_worker_exits_total'), 1);
    t.ok((await crew.metric(requests)) >= before);
  });

  await t.test(
    'a routes.yaml is taken by all or refused by all, and outlives those that run it',
    async (t) => {
      const crew = await useCrew(t, shop, legacy.url);
      const first = readFileSync(crew.routesFile, 'utf8');
      const second = `${first}  /gone: retired\n`;
      writeFileSync(crew.routesFile, second);
      await until('it runs', async () => (await crew.config()).hash === textHash(second), startMs);
      t.match(await crew.config(), { differ: false, workers: [{ revision: 2 }, { revision: 2 }] });
      const broken = second.replace('retired', 'nowhere');
      writeFileSync(crew.routesFile, broken);
      await until('both refuse it', async () =>
        (await crew.config()).workers.every(({ refused }) => refused === textHash(broken)),
      );
      const [victim] = await crew.pids();
      process.kill(victim as number, 'SIGKILL');
      await until('there is another', async () => !(await crew.pids()).includes(victim as number));
      await crew.allServe(2);
      await until('it refuses it, too', async () => !(await crew.config()).differ);
      t.match(await crew.config(), {
        hash: textHash(second),
        refused: { hash: textHash(broken) },
        workers: [{ revision: 2 }, { revision: 2 }],
      });
      writeFileSync(crew.routesFile, `workers: 3\n${first.replace('workers: 2\n', '')}`);
      await until('that needs a restart', async () =>
        JSON.stringify((await crew.config()).refused).includes('needs-restart'),
      );
      writeFileSync(crew.routesFile, second);
      await until('all is well again', async () => (await crew.config()).refused === null);
      crew.child.kill('SIGHUP');
      await until('they are told to look again', async () =>
        (await crew.config()).workers.every((each) => (each as { revision?: number }).revision === 3),
      );
    },
  );

  await t.test('clicks at once lose nothing of a session, whoever serves them', async (t) => {
    const routes = '  cart.pl: port 50%\n  /**: legacy';
    const crew = await useCrew(t, shop, shop.apache.url, { routes });
    const clients = await clientsOfBoth(crew);
    const [first] = clients as [(typeof clients)[0]];
    await first.client.write(get('/cgi-bin/cart.pl?action=show'));
    const begun = await first.client.answer();
    const cookie = /CGISESSID=[0-9a-f]{32}/.exec(JSON.stringify(begun))?.[0] ?? '';
    const cart = `GET /cgi-bin/cart.pl?action=add;sku=1001 HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`;
    const clicks = clients.map(async ({ client }) => {
      for (let click = 0; click < 4; click++) {
        await client.write(cart);
        t.match(await client.answer(), { kind: 'whole', status: 200 });
      }
    });
    await Promise.all(clicks);
    await first.client.write(cart);
    const last = await first.client.answer();
    t.match(JSON.stringify(last), `Items: ${4 * clients.length + 1}`, 'nothing is lost');
    const sessions = (await (await fetch(`${crew.adminUrl}/sessions`)).json()) as {
      totals: { requests: number };
      sessions: { session: string; requests: number }[];
    };
    t.equal(sessions.sessions.length, 1, 'the session is listed once');
    const served = new Set<string>();
    for (const { session, requests } of sessions.sessions) {
      const timeline = (await (await fetch(`${crew.adminUrl}/sessions/${session}`)).json()) as {
        entries: { gateway: string; kind: string; atMs: number; waitedMs: number }[];
      };
      const turns = timeline.entries.filter(({ kind }) => kind === 'turn');
      t.equal(turns.length, requests, 'with all that happened to it');
      for (const { gateway } of turns) served.add(gateway);
      const entered = turns.map(({ atMs, waitedMs }) => atMs + waitedMs);
      t.same(
        entered,
        entered.toSorted((a, b) => a - b),
        'in the order of the turns',
      );
    }
    t.equal(served.size, 2, 'in either of them');
  });
});
