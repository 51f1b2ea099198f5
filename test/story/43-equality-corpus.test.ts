// Nobody can tell a gateway from Apache: hundreds of requests that dice have made, asked of Apache, through the gateway,
// and of the gateway's own runner in its three ways. What may differ stands in differences.ts.
//
//   BANYAN_CORPUS=5000    asks more of them
//   BANYAN_REQUEST=417    asks one, the one that a failure names
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { differenceOf, seenBy, withoutTcpPorts } from '../helpers/equality.ts';
import { useSite, useWays } from '../helpers/ways.ts';
import { type Difference, differences, explanationOf } from './differences.ts';
import { type CorpusRequest, corpusRequest } from './equality-requests.ts';
import { echoMark, keptScripts, writeScriptsAndPages } from './equality-scripts.ts';

const seed = 2003;
const only = process.env['BANYAN_REQUEST'];
const count = only === undefined ? Number(process.env['BANYAN_CORPUS'] ?? 700) : 1;
const first = Number(only ?? 0);

const site = await useSite(t, 'corpus', writeScriptsAndPages);
const env = { SHOP_CONF: join(site.root, 'conf/shop.conf') };
const ways = await useWays(t, site, { kept: keptScripts, env });
const used = new Set<Difference>();

/** Asks on every way; returns what nothing explains. */
async function faultsOf(request: CorpusRequest): Promise<string[]> {
  const [apache = [], ...others] = await Promise.all(
    ways.map(async (way) => withoutTcpPorts(await seenBy(way, request, echoMark), ways)),
  );
  return others.flatMap((here, i) => {
    const way = ways[i + 1]?.name ?? 'apache';
    const unexplained = differenceOf(apache, here).filter((line) => {
      const explanation = explanationOf(line, { ...request, way, apache, here });
      if (explanation !== null) used.add(explanation);
      return explanation === null;
    });
    if (unexplained.length === 0) return [];
    const bytes = JSON.stringify(request.pieces.join('').slice(0, 2000));
    return [`BANYAN_REQUEST=${request.number}, ${way}: ${bytes}\n${unexplained.join('\n')}`];
  });
}

t.test(`${count} requests, each five ways`, async (t) => {
  const faults: string[] = [];
  let next = first;
  const askOn = async (): Promise<void> => {
    while (next < first + count) faults.push(...(await faultsOf(corpusRequest(seed, next++))));
  };
  await Promise.all([askOn(), askOn()]);
  t.same(faults, [], 'the same answer, and the same told to the script, but for what is known to differ');
  if (only !== undefined) return;
  const unused = differences.filter((difference) => !used.has(difference)).map(({ what }) => what);
  t.same(unused, [], 'and all of that was seen');
});

t.test('the scripts that are to stay did stay', async (t) => {
  const kept = ways.find(({ name }) => name === 'kept');
  const log = readFileSync(kept?.gateway?.logFile ?? '', 'utf8');
  t.same(log.match(/\S+ does not stay in memory[^"]*/g), null);
});
