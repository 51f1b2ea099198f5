import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { giveToServers } from '../../scripts/shop/process.ts';
import { repository, type Shop } from '../../scripts/shop/shop.ts';
import { sendRaw } from '../exchange/raw-http.ts';
import { useGateway, useGatewayOn, useShop } from '../helpers/shop.ts';
import { paramSpellings } from './param-spellings.ts';
import { hidden } from './smuggled.ts';
import { alone, type Spelling } from './spellings.ts';

const port = join(repository, 'test/fixtures/ports/names-itself.ts');

/** Puts a CGI script of test/fixtures/cgi into the shop, under another name. */
function install(shop: Shop, fixture: string, name: string): void {
  const place = join(shop.root, 'cgi-bin', name);
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(join(repository, 'test/fixtures/cgi', fixture), place);
  chmodSync(place, 0o755);
  giveToServers(place);
}

/** What a script has noted, a line for each time it ran. */
function notes(shop: Shop, name: string): string[] {
  const file = join(shop.root, name);
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
}

/** Who gave each of the answers in what a connection said: refusals of ours have no Server field. */
function answerers(said: string): string[] {
  const final = said.split(/(?=^HTTP\/1\.[01] \d)/m).filter((answer) => /^HTTP\/1\.[01] [2-5]/.test(answer));
  return final.map((answer) => {
    if (/^X-Side: port\r$/m.test(answer)) return 'port';
    return /^Server: Apache/m.test(answer) ? 'legacy' : `refused ${answer.slice(9, 12)}`;
  });
}

t.test('no spelling of a ported address reaches its legacy twin', async (t) => {
  const shop = await useShop(t);
  const keys = ['view.pl', 'nph-view', 'sub/tool.cgi', 'a%20b.pl', 'café.cgi', 'report-*.py'];
  for (const key of keys) install(shop, 'twin.pl', decodeURI(key).replace('*', '1'));
  const routes = keys.map((key) => `  ${key}: { to: port, port: ${port} }\n`).join('');
  const file = writeRoutes(shop, `${routes}  /**: legacy`);
  const token = `admin: { listen: 127.0.0.1:0, token: ${'t'.repeat(40)} }`; // who has it may ask for a side
  writeFileSync(file, readFileSync(file, 'utf8').replace('admin: 127.0.0.1:0', token));
  const gateway = await useGatewayOn(t, shop, file);
  const tcpPort = Number(new URL(gateway.url).port);

  /** Sends a spelling to both; who answered, and how often the twin ran. */
  async function send({ bytes }: Spelling) {
    const runs = (): number => notes(shop, 'twin.notes').length;
    const before = runs();
    await sendRaw(shop.apache.tcpPort, bytes).catch(() => '');
    const straight = runs() - before;
    const by = answerers(await sendRaw(tcpPort, bytes));
    return { straight, by, through: runs() - before - straight };
  }

  await t.test('where it is all that is asked for', async (t) => {
    let [ran, refused] = [0, 0];
    for (const spelling of alone) {
      const { straight, by, through } = await send(spelling);
      if (straight > 0) ran++;
      if (straight > 0 && by[0] !== 'port') refused++;
      t.equal(through, 0, `${spelling.what}: ${by.join(', ')}`);
      const answered = by.every((who) => who === 'port' || who.startsWith('refused 4'));
      if (straight > 0) t.ok(answered && by.length > 0, 'and Apache runs it for this one');
    }
    t.comment(
      `${alone.length} spellings, ${ran} of which run the twin in Apache; ${refused} of those are refused`,
    );
    t.ok(ran > 100, 'and Apache would have run the twin for many');
    const exchanges = gateway.log().filter((line) => line['msg'] === 'exchange');
    const served = exchanges.filter(({ route }) => route !== 'rest' && route !== '(refused)');
    t.same(
      new Set(served.map((line) => line['side'])),
      new Set(['port']),
      'legacy never stood in for the port',
    );
  });

  await t.test('where it is hidden in a request for something else', async (t) => {
    for (const spelling of hidden) {
      const { by, through } = await send(spelling);
      t.equal(through, 0, `${spelling.what}: ${by.join(', ')}`);
    }
  });
});

t.test('no spelling of a parameter reaches the legacy twin of its port', async (t) => {
  const shop = await useShop(t);
  install(shop, 'judge.pl', 'cart.pl');
  const ported = `{ name: ported, to: port, port: ${port} }\n  /**: legacy`;
  const judge = await useGateway(t, shop, '  /**: legacy');
  const onPost = await useGateway(t, shop, `  POST cart.pl?action=add: ${ported}`);
  const onAny = await useGateway(t, shop, `  cart.pl?action=add: ${ported}`);
  const acted: string[] = [];

  /** What the script read, where it ran; else who answered. */
  async function readBy(url: string, bytes: string): Promise<string> {
    const said = await sendRaw(Number(new URL(url).port), bytes);
    const read = /^X-Read: (.*)\r$/m.exec(said)?.[1];
    if (read !== undefined) acted.push(read);
    return read ?? answerers(said)[0] ?? 'nobody';
  }

  let [differs, meant] = [0, 0];
  for (const { what, bytes } of paramSpellings) {
    const everybody = [shop.apache.url, judge.url, onAny.url, onPost.url];
    const [straight, read = '', any, post] = await Promise.all(everybody.map((url) => readBy(url, bytes)));
    const isAdd = read.endsWith(' =add');
    if (isAdd) meant++;
    t.equal(any, isAdd ? 'port' : read, `${what}: ${read}`);
    t.equal(post, isAdd && read.startsWith('POST ') ? 'port' : read, 'and where POST is named');
    if (straight === read) continue;
    differs++;
    t.ok(read.startsWith('refused 4') || bytes.includes('chunked'), `Apache said ${straight}`); // we tell CGI a length
  }
  t.comment(
    `${paramSpellings.length} spellings, ${meant} of which mean it; ${differs} are read otherwise in Apache`,
  );
  t.ok(meant > 100, 'many mean it');
  t.equal(notes(shop, 'judge.notes').length, acted.length, 'the script ran no more often than it answered');
});
