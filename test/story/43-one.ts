import t from 'tap';
import { join } from 'node:path';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { useSite, useWays } from '../helpers/ways.ts';
import { writeScriptsAndPages, keptScripts } from './equality-scripts.ts';
const site = await useSite(t, 'corpus', writeScriptsAndPages);
const env = { SHOP_CONF: join(site.root, 'conf/shop.conf') };
const ways = await useWays(t, site, { kept: keptScripts, env });
for (const text of JSON.parse(readFileSync('/tmp/eq-ask.json', 'utf8')) as string[]) {
  console.error('=====', JSON.stringify(text.slice(0, 300)));
  for (const way of ways) {
    await new Promise<void>((r) => {
      const s = performance.now();
      let all = '';
      let ends = '';
      const c = connect(Number(new URL(way.url).port), '127.0.0.1');
      c.setEncoding('latin1')
        .on('data', (d) => {
          all += d;
        })
        .on('error', (e) => {
          ends += String(e);
        })
        .on('end', () => {
          ends += ' end';
        })
        .on('close', () => {
          clearTimeout(to);
          console.error(
            `--- ${way.name} ${Math.round(performance.now() - s)} ms${ends}\n${JSON.stringify(all.length > 900 ? all.slice(0, 600) + '…' + all.slice(-200) : all)}`,
          );
          r();
        });
      c.write(text, 'latin1');
      const to = setTimeout(() => c.destroy(), 700);
    });
  }
}
process.exit(0);
