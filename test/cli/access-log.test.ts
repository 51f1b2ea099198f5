import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { startApache } from '../../scripts/shop/apache.ts';
import { giveToServers, makeScratch } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { logLines, readLogLine } from '../../src/cli/access-log.ts';
import { getRaw } from '../exchange/raw-http.ts';

const start = '10.0.0.7 - pete [24/Nov/2026:10:00:00 +0000] ';

t.test(
  'a request is read from the common format, the combined one, and one with a virtual host before it',
  (t) => {
    const view = { method: 'GET', target: '/cgi-bin/view.pl?sku=7', status: 200 };
    for (const line of [
      `${start}"GET /cgi-bin/view.pl?sku=7 HTTP/1.1" 200 1234`,
      `${start}"GET /cgi-bin/view.pl?sku=7 HTTP/1.1" 200 -`,
      `${start}"GET /cgi-bin/view.pl?sku=7" 200 1234`,
      `shop.test:80 ${start}"GET /cgi-bin/view.pl?sku=7 HTTP/1.1" 200 1234 "http://shop.test/" "Mozilla/5.0 \\"x\\""`,
      `${start}"GET /cgi-bin/view.pl?sku=7 HTTP/1.0" 200 1234 "-" "-" 0.004`,
    ]) {
      t.same(readLogLine(line), view, line);
    }
    t.end();
  },
);

t.test('lines without a request are none', (t) => {
  for (const line of [
    '',
    'routes:',
    `${start}"-" 408 -`,
    `${start}"\\x16\\x03\\x01\\x02" 400 226 "-" "-"`,
    `${start}"GET" 400 226`,
    `${start}"GET /a b HTTP/1.1" 200 1`,
    `${start}"GET /a`,
    `${start}"${'\\"'.repeat(50_000)}`,
  ]) {
    t.equal(readLogLine(line), null, line.slice(0, 80));
  }
  t.end();
});

t.test('what a real Apache wrote down is what it was asked for, byte for byte', async (t) => {
  const scratch = makeScratch('access-log');
  t.teardown(scratch.remove);
  const root = join(scratch.path, 'legacy');
  cpSync(join(repository, 'legacy-stub'), root, { recursive: true });
  const file = join(scratch.path, 'apache', 'combined.log');
  const format = String.raw`"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""`;
  appendFileSync(join(root, 'conf/httpd.conf'), `\nCustomLog "${file}" ${format}\n`);
  giveToServers(root);
  const apache = await startApache(scratch.path, root);
  const targets = [
    '/a"b',
    '/a\\b',
    '/a%22b?c=%5C',
    '/a\u00e9b',
    '/a?x=\u00ff\u0080',
    '/%1b[31m',
    '/a?x=1&y="\\x41"',
  ];
  await getRaw(apache.tcpPort, targets);
  await apache.stop(); // it has written its log then
  const lines = readFileSync(file, 'latin1').split('\n').map(readLogLine);
  const read = lines.flatMap((line) => (line === null || line.target === '/style.css' ? [] : [line.target]));
  t.same(read.toSorted(), targets.toSorted());
});

async function linesOf(file: string): Promise<string[]> {
  const all: string[] = [];
  for await (const lines of logLines(file)) all.push(...lines);
  return all;
}

t.test('a log is read the same when it is compressed, whatever it is called', async (t) => {
  const text = Array.from({ length: 5_000 }, (_, at) => `${start}"GET /${at}\u00e9 HTTP/1.1" 200 1`).join(
    '\n',
  );
  const folder = t.testdir({});
  const bytes = Buffer.from(text, 'latin1');
  writeFileSync(join(folder, 'plain'), bytes);
  writeFileSync(join(folder, 'packed'), gzipSync(bytes));
  // logrotate and people join compressed files.
  writeFileSync(join(folder, 'joined'), Buffer.concat([gzipSync(bytes), gzipSync(Buffer.from('\n'))]));
  t.same(await linesOf(join(folder, 'plain')), text.split('\n'));
  t.same(await linesOf(join(folder, 'packed')), text.split('\n'));
  t.same(await linesOf(join(folder, 'joined')), text.split('\n'));
});

t.test('a line without an end is not kept in memory', async (t) => {
  const file = join(t.testdir({}), 'endless');
  writeFileSync(file, Buffer.alloc(5_000_000, 'a'));
  const lines = await linesOf(file);
  t.ok(
    lines.every((line) => line.length <= 200_000),
    'cut',
  );
  t.equal(lines.length, 1);
});

t.test('a log that cannot be read says why', async (t) => {
  const folder = t.testdir({ cut: gzipSync(Buffer.alloc(100_000, 'ab\n')).subarray(0, 60), empty: '' });
  const why = (file: string) => linesOf(join(folder, file)).then(String, (error: Error) => error.message);
  t.match(await why('nowhere'), 'cannot be read: there is no such file');
  t.match(await why(''), 'cannot be read: it is a folder');
  t.match(await why('cut'), 'it is compressed and ends in the middle');
  t.equal(await why('empty'), '', 'an empty one is read');
});
