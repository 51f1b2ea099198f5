import t from 'tap';
import { clickAlike, get, leftToLegacy, post } from '../helpers/alike.ts';
import { until, useGateway, useShop } from '../helpers/shop.ts';

const url = (byte: string): string => `go.pl?to=url;url=http://shop.example/${byte}`;

/** What the port answers. */
const redirects = `
  label;id=2 label label;id= label;id=abc label;id=1234567 label;id=-1 label;id=1;id=2
  labelsite;id=2 labelsite;id=002 labelsite;id=99 labelsite labelsite;id=2%0A labelsite;id=50 labelsite;id=51
  url url;url= url;url=http:// url;url=HTTP://x/ url;url=javascript:alert(1) url;url=//x/ url;url=x
  url;url=https://x.example/?a=b url;url=http://x.example/a+b url;url=http://x/%0Aa url;url=http://x/%0B
  url;url=http://x/%22%27%3C%3E%3D url;url=http://x/caf%E9%A0%85
  0 nope HELP help2 url;to=help`
  .trim()
  .split(/\s+/)
  .map((words) => `go.pl?to=${words}`);

/** What it leaves to the script: pages under another address, and what is no address. */
const left = [
  'go.pl?to=help',
  'go.pl?to=search;q=Bj%F6rk',
  'go.pl?to=search',
  'go.pl?to=search;q=a%26b%3Bc',
  'go.pl?to=label;id=12%0A',
  ...['?a=1%26lt=2', '%26amp%3B', '%00', '%01', '%7F', 'a%0A'].map(url),
];

t.test('go.ts passes for go.pl', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  go.pl: { to: port, session: none }\n  /**: legacy');
  const sides = { shop, gateway };
  await shop.db.query("INSERT INTO labels (id, name, homepage) VALUES (50, 'None', ''), (51, 'False', '0')");
  await shop.db.query("INSERT INTO labels (id, name, homepage) VALUES (52, 'Odd', 'http://x/?a&amp;b')");

  for (const page of [...redirects, 'go.pl?to=', 'go.pl', 'go.pl?help'])
    await clickAlike(t, sides, page, [get(page)]);
  await clickAlike(t, sides, 'a form', [
    post('go.pl', { to: 'label', id: '3' }),
    post('go.pl?to=label', { to: 'url', url: 'http://x/' }),
    post('go.pl?to=label', {}),
    (visitor) => visitor.ask('HEAD', 'go.pl?to=labelsite;id=3'),
  ]);
  t.same(leftToLegacy(sides), [], 'the port has answered all of them');

  const others = [...left, 'go.pl?to=labelsite;id=52'];
  for (const page of others) await clickAlike(t, sides, page, [get(page)]);
  await until('all is logged', () => leftToLegacy(sides).length >= others.length);
  t.same(leftToLegacy(sides), Array(others.length).fill('PORT_HANDED_OVER'), 'legacy has answered these');
});
