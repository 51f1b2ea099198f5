import { chmodSync, copyFileSync, cpSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import t from 'tap';
import { startApache } from '../../scripts/shop/apache.ts';
import { giveToServers, makeScratch } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { requestHead } from '../../src/exchange/form.ts';
import { requestParams } from '../../src/exchange/params.ts';
import { makeDice } from '../helpers/dice.ts';
import { words } from '../helpers/words.ts';

const script = '/cgi-bin/param-list.pl';
const form = 'application/x-www-form-urlencoded';
const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--';

interface Asked {
  readonly method: string;
  readonly query: string;
  /** The Content-Type fields. */
  readonly types?: readonly string[];
  readonly userAgents?: readonly string[];
  readonly body?: string;
}

/** Header fields as Node gives them: name, value, name, value. */
function fieldsOf({ types = [], userAgents = [] }: Asked): string[] {
  return [
    ...types.flatMap((type, at) => [at % 2 === 0 ? 'Content-Type' : 'content-TYPE', type]),
    ...userAgents.flatMap((agent) => ['User-Agent', agent]),
  ];
}

/** What we read. */
function ours(asked: Asked): string[][] {
  const { method, query, body = '' } = asked;
  const params = requestParams({ ...requestHead(method, query, fieldsOf(asked)), body: Buffer.from(body) });
  return params.names().map((name) => [name, ...params.all(name)]);
}

t.test('behind the real Apache', async (t) => {
  const scratch = makeScratch('params');
  t.teardown(scratch.remove);
  const root = join(scratch.path, 'legacy');
  cpSync(join(repository, 'legacy-stub'), root, { recursive: true });
  copyFileSync(resolve(import.meta.dirname, 'param-list.pl'), join(root, script));
  chmodSync(join(root, script), 0o755);
  giveToServers(root);
  const apache = await startApache(scratch.path, root);
  t.teardown(() => apache.stop());

  /** What the real CGI.pm reads. */
  function theirs(asked: Asked): Promise<string[][]> {
    const { method, query, body = '' } = asked;
    const headers = ['Host', 'shop.test', 'Content-Length', String(body.length), ...fieldsOf(asked)];
    return new Promise((resolve, reject) => {
      const path = `${script}?${query}`;
      const sent = request({ port: apache.tcpPort, method, path, headers, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (more: string) => (text += more));
        answer.on('error', reject).on('end', () => resolve(JSON.parse(text) as string[][]));
      });
      sent.on('error', reject).end(body);
    });
  }

  await t.test('a second Content-Type stands behind the first, and so does a User-Agent', async (t) => {
    const several = [
      [form],
      [''],
      [form, 'text/plain'],
      ['text/plain', form],
      [form, ''],
      ['', form],
      ['', ''],
      [form, form],
      ['application/xml', ''],
      ['application/xml'],
      ['a', 'b', form],
      [`${form} `, ' a'],
    ];
    for (const types of several) {
      const asked = { method: 'POST', query: 'q=1', types, body: 'a=1' };
      t.same(ours(asked), await theirs(asked), JSON.stringify(types));
    }
    for (const types of [
      ['multipart/form-data; boundary=x', 'text/plain'],
      ['text/plain', 'multipart/form-data; boundary=x'],
      ['multipart/form-data', 'boundary=x'],
      ['multipart/form-data; boundary=x', 'multipart/form-data; boundary=y'],
      ['multipart/related; boundary=x', 'start='],
    ]) {
      const asked = { method: 'POST', query: 'q=1', types, body: part };
      t.same(ours(asked), await theirs(asked), JSON.stringify(types));
    }
    for (const userAgents of [['DreamPassport'], ['a', 'DreamPassport'], ['a', 'b']]) {
      const asked = {
        method: 'POST',
        query: '',
        types: ['multipart/form-data; boundary=x'],
        userAgents,
        body: part,
      };
      t.same(ours(asked), await theirs(asked), JSON.stringify(userAgents));
    }
  });

  await t.test('of a method it does not know CGI.pm reads the words Apache makes of the query', async (t) => {
    const queries =
      words(`a=1&b=2 a+b a%3Db a%26b%3D1 a%3D1+b%3D2 %5C%3D a;b%3D1 %26;%3B|%7C a%00b%3D1 a%2Fb%3D1
      a%zz%3D %E9%3D%e9 ++a++b%3D1++ ++ a%2Bb%3D1 a%0Ab%3D1 -d a%3Fb%3D1 %3F a%3F%3D "%27%22%3D %20a%20%3D%20
      a%253D a%253Db%3D *?^()[]{}$%5C%60%3D % %3D% %4%3D %00%3D ~<>%3D %0A%3Fa%3D1 a%3Fb%3D1%0A .defaults%3D1+a`);
    for (const query of [
      '',
      ...queries,
      `${'+'.repeat(4090)}a%3D1+b%3D1`,
      `${'+'.repeat(4089)}a%3D1+b%3D1`,
    ]) {
      const asked = { method: 'PROPFIND', query };
      t.same(ours(asked), await theirs(asked), query.slice(0, 50));
    }
    const asked = { method: 'PROPFIND', query: 'a%3D1', types: [form], body: 'b=1' };
    t.same(ours(asked), await theirs(asked), 'and no body');
  });

  await t.test('and so of 60 random queries', async (t) => {
    const dice = makeDice(76);
    const pieces = words(`a b sku + + %3D %3D %3D %26 & ; %3B %5C %3F ? %00 %0A %E9 %25 %zz % %20 %2B | $ .`);
    for (let i = 0; i < 60; i++) {
      const asked = { method: dice.pick(['OPTIONS', 'PROPFIND', 'MKCOL']), query: dice.text(pieces, 1, 9) };
      t.same(ours(asked), await theirs(asked), asked.query);
    }
  });
});
