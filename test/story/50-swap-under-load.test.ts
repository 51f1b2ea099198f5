// A port is saved again and again while visitors click: no request fails, each is answered by the port, and who has seen a
// version never meets an older one.
//
//   BANYAN_SWAPS=50   saves it so often: a minute
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { stockAtFirst, takenFrom } from '../helpers/orders.ts';
import { metricsOf, perlReads, until, useGatewayOn, useShop } from '../helpers/shop.ts';

const saves = Number(process.env['BANYAN_SWAPS'] ?? 12);
/** The pace of somebody who saves at every line. */
const pauseMs = 1_200;
const visitors = 8;

const shop = await useShop(t);
await shop.db.query('UPDATE records SET stock = ?', [stockAtFirst]);
const folder = t.testdir({});
const place = join(folder, 'visits.ts');
const counts = JSON.stringify(join(repository, 'test/fixtures/ports/counts.ts'));
const textOf = (version: number): string =>
  `import { definePort } from 'banyan';
import { count } from ${counts};
export default definePort((context) => count(${version}, context));
`;

/** As editors do it: over the old file, beside it and then in its place, or in two goes. */
const waysToSave: ((text: string) => unknown)[] = [
  (text) => writeFileSync(place, text),
  (text) => {
    writeFileSync(`${place}.new`, text);
    renameSync(`${place}.new`, place);
  },
  async (text) => {
    writeFileSync(place, text.slice(0, -20));
    await setTimeout(10);
    writeFileSync(place, text);
  },
];

writeFileSync(place, textOf(0));
const file = writeRoutes(shop, '  visits.pl: port\n  /**: legacy', { ports: `{ dir: ${folder}, hosts: 2 }` });
const gateway = await useGatewayOn(t, shop, file);

/** The newest version that anybody has been answered by. */
let newest = -1;
const versions = new Set<number>();
const faults: string[] = [];
let longestMs = 0;

/** Clicks until it is told to stop; gives back the session and how often it was answered. */
async function click(stop: AbortSignal) {
  const visitor = new Visitor(gateway.url);
  await visitor.get('cart.pl?action=show');
  let answers = 0;
  while (!stop.aborted) {
    const [atLeast, startedMs] = [newest, performance.now()];
    const page = await (answers % 2 === 0 ? visitor.get('visits.pl') : visitor.post('visits.pl', {}));
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    const [, version = -1, visit] = (/^version (\d+) visit (\d+)\n$/.exec(page.body) ?? []).map(Number);
    answers++;
    if (page.status !== 200 || visit !== answers || version < atLeast)
      faults.push(
        `${page.status} "${page.body.slice(0, 80)}" where visit ${answers} is due, and ${atLeast} was seen`,
      );
    newest = Math.max(newest, version);
    versions.add(version);
  }
  return { sessionId: visitor.sessionId as string, answers };
}

t.test(`${saves} saves under load`, async (t) => {
  const stop = new AbortController();
  const clicking = Array.from({ length: visitors }, () => click(stop.signal));
  await until('all click', () => newest === 0, 60_000);
  const startedMs = performance.now();
  for (let version = 1; version <= saves; version++) {
    await waysToSave[version % waysToSave.length]?.(textOf(version));
    await setTimeout(pauseMs);
  }
  const tookMs = performance.now() - startedMs;
  await until('the last one answers', () => newest === saves, 60_000);
  stop.abort();
  const all = await Promise.all(clicking);

  t.same(faults, [], 'no request fails, and none meets an older version than was seen before it');
  const answers = all.reduce((sum, one) => sum + one.answers, 0);
  t.equal(await takenFrom(shop.db), answers, 'each was done once');
  for (const { sessionId, answers } of all)
    t.equal(Number((await perlReads(shop, sessionId))['visits']), answers, 'and is in its session');
  t.notMatch(
    await metricsOf(gateway),
    /^banyan_fallbacks_total\{[^}]*\} [1-9]/m,
    'legacy was never asked instead',
  );
  const { swaps } = (await (await fetch(`${gateway.adminUrl}/ports`)).json()) as { swaps: number };
  t.comment(
    `${saves} saves in ${Math.round(tookMs / 1000)} s, ${swaps} swaps, ${versions.size} versions seen; ` +
      `${answers} requests, the longest ${Math.round(longestMs)} ms`,
  );
});
