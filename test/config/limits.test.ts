import t from 'tap';
import { codes, read, settingsOf } from '../helpers/settings.ts';

const routes = 'routes:\n  /**: legacy\n';
const url = 'http://127.0.0.1:8080';

t.test('limits that nobody names are as the table says', async (t) => {
  const { legacy, clients } = settingsOf(`legacy: ${url}\n${routes}`);
  t.same(legacy.limits, { atOnce: 64, queue: 512, waitMs: 10_000 });
  t.same(clients, {
    headBytes: 16 * 1024,
    cookieBytes: 8190,
    uploadBytes: null,
    connections: 10_000,
    headMs: 60_000,
    stallMs: 60_000,
    idleMs: 15_000,
  });
});

t.test('those that are named arrive', async (t) => {
  const { legacy, upstreams, clients } = settingsOf(
    `legacy: { url: '${url}', at-once: 8, queue: 20, wait: 2s }
upstreams:
  plain: ${url}
  reports: { url: '${url}', at-once: 2 }
clients: { head: 32kb, cookies: 4kb, upload: 2gb, connections: 100, head-time: 5s, stall: 6s, idle: 7s }
${routes}`,
  );
  t.same(legacy.limits, { atOnce: 8, queue: 20, waitMs: 2000 });
  t.same(
    upstreams.map(({ name, limits }) => [name, limits.atOnce]),
    [
      ['plain', 64],
      ['reports', 2],
    ],
  );
  t.match(clients, { headBytes: 32 * 1024, cookieBytes: 4096, uploadBytes: 2 * 1024 ** 3, connections: 100 });
  t.match(clients, { headMs: 5000, stallMs: 6000, idleMs: 7000 });
});

t.test('scripts that are run here are fewer at once', async (t) => {
  const disk = { ...noDisk, isFolder: () => true };
  const limits = (more: string) =>
    settingsOf(`legacy: { cgi: bin${more} }\n${routes}`, { disk }).legacy.limits;
  t.equal(limits('').atOnce, 32);
  t.equal(limits(', at-once: 3').atOnce, 3);
});

t.test('what cannot be a limit is told of', async (t) => {
  const { findings } = read(`legacy: { url: '${url}', at-once: 0, queue: many, wait: 10 }
clients: { head: 1mb, upload: 0, connections: -1, stall: soon, body: 1mb }
${routes}`);
  t.same(codes(findings).sort(), [
    '1:50 bad-number',
    '1:60 bad-number',
    '1:72 bad-duration',
    '2:18 bad-size',
    '2:31 bad-size',
    '2:47 bad-number',
    '2:58 bad-duration',
    '2:64 unknown-key',
  ]);
});

const noDisk = {
  fileExists: () => false,
  isFolder: () => false,
  listDirectory: () => [],
  readText: () => null,
};
