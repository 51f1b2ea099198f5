// Nobody can tell a gateway from Apache: hundreds of requests that dice have made, asked of Apache, through the gateway,
// and of the gateway's own runner in its three ways. What may differ stands in differences.ts.
//
//   BANYAN_CORPUS=5000    asks more of them
//   BANYAN_REQUEST=417    asks one, the one that a failure names
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import { differenceOf, inOneLine, seenBy, withoutTcpPorts } from '../helpers/equality.ts';
import { useSite, useWays, type Way } from '../helpers/ways.ts';
import { type Difference, differences, explanationOf } from './differences.ts';
import { type CorpusRequest, corpusRequest } from './equality-requests.ts';
import { echoMark, keptScripts, writeScriptsAndPages } from './equality-scripts.ts';

const seed = 2003;
const only = process.env['BANYAN_REQUEST'];
const count = only === undefined ? Number(process.env['BANYAN_CORPUS'] ?? 600) : 1;
const first = Number(only ?? 0);

const site = await useSite(t, 'corpus', writeScriptsAndPages);
const ways = await useWays(t, site, { kept: keptScripts });
t.setTimeout(120_000 + count * 500);
const used = new Set<Difference>();

/** What a script was told, a line each; other bodies in one. */
const readEcho = (body: string): string[] =>
  body.startsWith(echoMark) ? body.slice(echoMark.length).trimEnd().split('\n') : inOneLine(body);

/** Asks on every way; returns what nothing explains. */
async function faultsOf(request: CorpusRequest): Promise<string[]> {
  const [apache = [], ...others] = await Promise.all(
    ways.map(async (way) => withoutTcpPorts(await seenBy(way, request, readEcho), ways)),
  );
  const found = new Map<string, string[]>();
  for (const [i, here] of others.entries()) {
    const way = (ways[i + 1] as Way).name;
    const unexplained = differenceOf(apache, here).filter((line) => {
      const explanation = explanationOf(line, { ...request, way, apache, here });
      if (explanation !== null) used.add(explanation);
      return explanation === null;
    });
    const text = unexplained.join('\n');
    if (text !== '') found.set(text, [...(found.get(text) ?? []), way]);
  }
  const bytes = JSON.stringify(
    request.head + request.pieces.join('').slice(request.head.length).slice(0, 300),
  );
  return [...found].map(
    ([text, on]) => `BANYAN_REQUEST=${request.number} ${on.join(' ')}: ${bytes}\n${text}`,
  );
}

t.test(`${count} requests, each five ways`, async (t) => {
  const faults: string[] = [];
  let next = first;
  const askOn = async (): Promise<void> => {
    while (next < first + count) faults.push(...(await faultsOf(corpusRequest(seed, next++))));
  };
  await Promise.all([askOn(), askOn()]);
  const what = 'the same answer, and the same told to the script, but for what is known to differ';
  t.equal(faults.length, 0, what, { faults: faults.slice(0, 30) });
  if (only !== undefined) return;
  const expected = differences.filter(({ isRare }) => isRare !== true || count >= 5000);
  const unused = expected.filter((difference) => !used.has(difference)).map(({ what }) => what);
  t.same(unused, [], 'and all of that was seen');
});

t.test('the scripts that are to stay did stay', async (t) => {
  const kept = ways.find(({ name }) => name === 'kept');
  const log = readFileSync(kept?.gateway?.logFile ?? '', 'utf8');
  t.same(log.match(/\S+ does not stay in memory[^"]*/g), null);
});

t.test('docs/cgi.md has the list of what differs', async (t) => {
  const chapter =
    readFileSync(join(repository, 'docs/cgi.md'), 'utf8').split('## What differs from Apache')[1] ?? '';
  const listed = chapter.split('\n').filter((line) => line.startsWith('- '));
  t.same(listed.sort(), differences.map(({ what, why }) => `- ${what}: ${why}`).sort());
});
