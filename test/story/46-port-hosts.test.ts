// Ports run in processes of their own. What one does to its process costs its own request, and a changed port takes over
// without anybody noticing.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type GatewayProcess, startGateway, writeRoutes } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { banyan } from '../helpers/cli.ts';
import { logged, metricsOf, until, useGatewayOn, useShop } from '../helpers/shop.ts';

const shop = await useShop(t);
const bad = join(repository, 'test/fixtures/ports/bad.ts');

interface Ports {
  readonly hosts: { pid: number; inFlight: number; memoryBytes: number }[];
  readonly swaps: number;
  readonly broken: { file: string; reason: string }[];
  readonly refused: { file: string; reason: string }[];
}

const portsOf = async ({ adminUrl }: GatewayProcess): Promise<Ports> =>
  (await (await fetch(`${adminUrl}/ports`)).json()) as Ports;

const pidsOf = async (gateway: GatewayProcess): Promise<number[]> =>
  (await portsOf(gateway)).hosts.map(({ pid }) => pid);

/** A gateway with ports of this test: `files` are written into a folder of its own. */
async function usePorts(files: Record<string, string>, routes: string, ports = '') {
  const folder = t.testdir(files);
  const file = writeRoutes(shop, routes, { ports: `{ dir: ${folder}${ports} }` });
  const gateway = await useGatewayOn(t, shop, file);
  return { folder, gateway, write: (name: string, text: string) => writeFileSync(join(folder, name), text) };
}

const says = (text: string): string =>
  `import { definePort, html } from 'banyan';\nexport default definePort(() => html('${text}'));\n`;

t.test('a changed port takes over', async (t) => {
  const { gateway, write, folder } = await usePorts(
    { 'office.ts': says('one') },
    '  office.pl: port\n  /**: legacy',
    ', hosts: 2',
  );
  const visitor = new Visitor(gateway.url);
  const page = async (): Promise<string> => (await visitor.get('office.pl')).body;
  await until('both hosts run', async () => (await pidsOf(gateway)).length === 2);
  t.same(
    (await pidsOf(gateway)).map(getPriority),
    [5, 5],
    'where time is short they come behind the gateway',
  );
  t.equal(await page(), 'one');

  await t.test('as soon as it is saved, and no request meets the change', async (t) => {
    const seen = new Set<string>();
    write('office.ts', says('two'));
    await until('the new one answers', async () => {
      const body = await page();
      seen.add(body);
      return body === 'two';
    });
    t.same([...seen], ['one', 'two']);
    t.equal((await portsOf(gateway)).swaps, 1);
  });

  await t.test('also where the change is in what it imports', async (t) => {
    mkdirSync(join(folder, 'lib'));
    write('lib/words.ts', "export const word: string = 'three';\n");
    const text = says('x').replace("html('x')", 'html(word)');
    write('office.ts', `import { word } from './lib/words.ts';\n${text}`);
    await until('it is there', async () => (await page()) === 'three');
    write('lib/words.ts', "export const word: string = 'four';\n");
    await until('it is there', async () => (await page()) === 'four');
    t.equal(await page(), 'four');
  });

  await t.test('unless it cannot be loaded: the one before serves on, and it is said why', async (t) => {
    write('office.ts', `${says('five')}\nconst x = ;\n`);
    await until('it is refused', async () => (await portsOf(gateway)).refused.length > 0);
    const { refused } = await portsOf(gateway);
    t.match(refused, [{ file: join(folder, 'office.ts'), reason: /Expression expected.*office\.ts:4/ }]);
    t.equal(await page(), 'four');
    t.match(await logged(gateway, (line) => line['msg'] === 'port host refused'), { level: 'warn' });
    const ran = await banyan(folder, ['status', '--check', '--admin', gateway.adminUrl]);
    t.match(ran, { code: 1, stdout: /a changed port was not taken.*Expression expected/ });

    write('office.ts', says('five'));
    await until('the mended one answers', async () => (await page()) === 'five');
    t.same((await portsOf(gateway)).refused, []);
    const well = await banyan(folder, ['status', '--check', '--admin', gateway.adminUrl]);
    t.match(well, { code: 0, stdout: /nothing needs you/ });
  });

  await t.test('a request under way ends where it began', async (t) => {
    const waits = says('old').replace(
      "() => html('old')",
      `async ({ db }) => { await db.query("SELECT GET_LOCK('gate', 20)"); return html('old'); }`,
    );
    write('office.ts', waits);
    await shop.db.query("SELECT GET_LOCK('gate', 0)");
    await until('it has taken over', async () => (await portsOf(gateway)).swaps === 5);
    const under = new Visitor(gateway.url).get('office.pl');
    await until('a host has it', async () =>
      (await portsOf(gateway)).hosts.some(({ inFlight }) => inFlight === 1),
    );
    write('office.ts', says('new'));
    await until('the new one has taken over', async () => (await portsOf(gateway)).swaps === 6);
    t.equal(await page(), 'new');
    await shop.db.query("SELECT RELEASE_LOCK('gate')");
    t.equal((await under).body, 'old');
    const count = async (event: string): Promise<number> =>
      Number(
        new RegExp(`host_events_total\\{event="${event}"\\} (\\d+)`).exec(await metricsOf(gateway))?.[1],
      );
    await until(
      'the old hosts have ended',
      async () => (await count('ended')) === (await count('started')) - 2,
    );
  });
});

t.test(
  'a change that falls between two hosts that are about to take over: no visitor goes to and fro',
  async (t) => {
    const folder = t.testdir({
      'office.ts': says('zero'),
      lib: { 'words.ts': "export const word = 'one';\n" },
    });
    const at = (name: string): string => join(folder, name);
    const file = writeRoutes(shop, '  office.pl: port\n  /**: legacy', {
      ports: `{ dir: ${folder}, hosts: 2 }`,
    });
    const gateway = await useGatewayOn(t, shop, file);
    const page = async (): Promise<string> => (await new Visitor(gateway.url).get('office.pl')).body;
    await until('both hosts run', async () => (await pidsOf(gateway)).length === 2);
    // The first host to load it reads on at once, and the other one when it may.
    const reads = `import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
    try {
      mkdirSync('${at('first')}');
    } catch {
      while (!existsSync('${at('go')}')) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { word } = await import('./lib/words.ts');
    writeFileSync('${at('read')}', '');
    ${says('x').replace("html('x')", 'html(word)')}`;
    writeFileSync(at('office.ts'), reads);
    await until('the first one has read', () => existsSync(at('read')));
    writeFileSync(at('lib/words.ts'), "export const word = 'second';\n");
    writeFileSync(at('go'), '');
    const seen: string[] = [];
    await until('the change is there', async () => seen[seen.push(await page()) - 1] === 'second');
    for (let i = 0; i < 10; i++) seen.push(await page());
    t.same([...new Set(seen)], ['zero', 'second']);
  },
);

t.test('what a port does to its process', async (t) => {
  const routes = `  index.pl: { to: port, port: ${bad}, timeout: 20s }\n  /**: legacy`;
  const file = writeRoutes(shop, routes, {
    ports: `{ dir: ${repository}/ports, hosts: 2, watchdog: 1s, memory: 200mb }`,
  });
  const gateway = await useGatewayOn(t, shop, file);
  const ask = (deed: string) => new Visitor(gateway.url).get(`index.pl?deed=${encodeURIComponent(deed)}`);
  const bystander = new Visitor(gateway.url);
  await bystander.get('view.pl?sku=1001');

  const costly = [
    'loops for ever',
    'takes two gigabytes',
    'fills its heap',
    'ends its process',
    'aborts its process',
    'fails in a timer',
  ];
  for (const deed of costly) {
    await t.test(`one that ${deed}: legacy answers it, and others do not notice`, async (t) => {
      await until('both hosts run', async () => (await pidsOf(gateway)).length === 2);
      const before = await pidsOf(gateway);
      const done = { value: false };
      const page = ask(deed).finally(() => {
        done.value = true;
      });
      const others: string[] = [];
      while (!done.value)
        others.push((await ask('does what it should')).body, (await bystander.get('view.pl?sku=1001')).body);
      t.match(await page, { status: 200, body: /Black Plastic/ }, 'with its own page');
      t.ok(
        others.every((body, i) => (i % 2 === 0 ? /^pid \d+$|Black Plastic/ : /<\/HTML>\s*$/).test(body)),
        'everybody gets a page',
      );
      await until('a host was lost', async () =>
        (await pidsOf(gateway)).some((pid) => !before.includes(pid)),
      );
    });
  }

  await t.test('one that waits for no promise: its request fails, and its host lives', async (t) => {
    await until('both hosts run', async () => (await pidsOf(gateway)).length === 2);
    const before = await pidsOf(gateway);
    t.match(await ask('waits for no promise'), { status: 200, body: /Black Plastic/ });
    t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_FAILED'), {
      fallbackDetail: /nobody waits for this/,
    });
    t.same(await pidsOf(gateway), before);
  });

  await t.test('one that goes on after it has answered: what comes late is not done, and said', async (t) => {
    t.equal((await ask('goes on')).body, 'first');
    t.match(await logged(gateway, (line) => /did not wait for/.test(String(line['msg']))), {
      level: 'error',
      msg: /the transaction is over: it was committed/,
      route: 'index',
    });
  });

  await t.test(
    'one that waits for no promise when all is committed: it is said, and its host lives',
    async (t) => {
      await until('both hosts run', async () => (await pidsOf(gateway)).length === 2);
      const before = await pidsOf(gateway);
      const lost = () =>
        gateway.log().filter(({ msg }) => /did not wait for.*nobody waits/.test(String(msg)));
      t.match(await ask('waits for no promise after its commit'), { status: 200, body: 'committed' });
      await until('it is said', () => lost().length === 1);
      t.match(await ask('waits for no promise in its stream'), { status: 200, body: 'one, two' });
      await until('it is said', () => lost().length === 2);
      t.match(lost(), [
        { level: 'error', route: 'index' },
        { level: 'error', route: 'index' },
      ]);
      t.same(await pidsOf(gateway), before);
    },
  );

  await t.test('one that streams: the pieces come one behind the other', async (t) => {
    t.match(await ask('streams'), { status: 200, body: /^one, two, three$/ });
  });

  await t.test(
    'one whose stream breaks: it has committed, the answer is cut, and legacy does not answer',
    async (t) => {
      await t.rejects(ask('breaks off its stream'));
      t.match(await logged(gateway, (line) => line['problem'] === 'PORT_FAILED'), { route: 'index' });
    },
  );

  const [rows] = await shop.db.query("SELECT name FROM labels WHERE name LIKE 'left %'");
  t.ok((rows as { name: string }[]).every(({ name }) => name === 'left by a bad port'));
});

t.test(
  'where no host can be started, as on a full disk, the old ones serve on and so does the gateway',
  async (t) => {
    const folder = t.testdir({ 'office.ts': says('one') });
    const home = join(shop.scratch, 'home-of-hosts');
    mkdirSync(home);
    const file = writeRoutes(shop, '  office.pl: port\n  /**: legacy', { ports: folder });
    const gateway = await startGateway(shop, file, { env: { TMPDIR: home } });
    t.teardown(() => gateway.stop('SIGKILL'));
    const page = async (): Promise<string> => (await new Visitor(gateway.url).get('office.pl')).body;
    t.equal(await page(), 'one');

    renameSync(home, `${home}-gone`);
    writeFileSync(join(folder, 'office.ts'), says('two'));
    await until('it is refused', async () => (await portsOf(gateway)).refused.length > 0);
    t.match((await portsOf(gateway)).refused, [{ reason: /ENOENT/ }]);
    renameSync(`${home}-gone`, home);
    t.equal(await page(), 'one');
    writeFileSync(join(folder, 'office.ts'), says('three'));
    await until('the next change is taken', async () => (await page()) === 'three');
  },
);

t.test('where a statement fails, the log says the line of the port that has asked', async (t) => {
  const port = `import { definePort, html, type Database } from 'banyan';

async function ask(db: Database): Promise<string> {
  await db.query('SELECT 1');
  const { rows } = await db.query('SELECT name FROM no_such_table');
  return String(rows);
}
export default definePort(async ({ db }) => html(await ask(db)));
`;
  const { gateway } = await usePorts({ 'view.ts': port }, '  view.pl: port\n  /**: legacy');
  t.match((await new Visitor(gateway.url).get('view.pl?sku=1001')).body, /Add to cart/);
  const { fallbackDetail } = await logged(gateway, (line) => line['fallback'] === 'PORT_FAILED');
  t.match(fallbackDetail, /no_such_table' doesn't exist/);
  t.match(fallbackDetail, /\n    at async ask \(.*\/view\.ts:5:20\)/);
});

t.test('where no host can live, legacy serves, and it is tried again', async (t) => {
  const { gateway, write } = await usePorts(
    { 'view.ts': `process.exit(3);\n${says('never')}` },
    '  view.pl: port\n  /**: legacy',
  );
  const visitor = new Visitor(gateway.url);
  t.match(await visitor.get('view.pl?sku=1001'), { status: 200, body: /Black Plastic/ });
  t.match(await logged(gateway, (line) => line['fallback'] === 'PORT_HOST_DOWN'), { route: 'view' });
  write('view.ts', says('at last'));
  await until('the port serves', async () => (await visitor.get('view.pl?sku=1001')).body === 'at last');
});

t.test('a port may be anywhere: what it imports as banyan is the gateway that runs it', async (t) => {
  const folder = join(shop.scratch, 'elsewhere');
  mkdirSync(folder);
  writeFileSync(join(folder, 'office.ts'), says('from elsewhere'));
  const file = writeRoutes(shop, '  office.pl: port\n  /**: legacy', { ports: folder });
  const gateway = await useGatewayOn(t, shop, file);
  t.equal((await new Visitor(gateway.url).get('office.pl')).body, 'from elsewhere');
});

t.test(
  'what a port has left for after its commit is done, also where the gateway is told to end',
  async (t) => {
    const [gate, mark] = ['gate', 'mark'].map((name) => join(shop.scratch, name)) as [string, string];
    const late = `({ afterCommit }) => {
    afterCommit(async () => {
      while (!existsSync(${JSON.stringify(gate)})) await new Promise((done) => setTimeout(done, 10));
      writeFileSync(${JSON.stringify(mark)}, 'done');
    });
    return html('answered');
  }`;
    const imports = `import { existsSync, writeFileSync } from 'node:fs';\n`;
    const text = `${imports}${says('x').replace("() => html('x')", late)}`;
    const { gateway } = await usePorts({ 'office.ts': text }, '  office.pl: port\n  /**: legacy');
    t.equal((await new Visitor(gateway.url).get('office.pl')).body, 'answered');
    t.notOk(existsSync(mark));
    const ended = gateway.stop();
    await logged(gateway, (line) => line['msg'] === 'ending');
    writeFileSync(gate, '');
    t.equal(await ended, 0);
    t.equal(readFileSync(mark, 'utf8'), 'done');
  },
);
