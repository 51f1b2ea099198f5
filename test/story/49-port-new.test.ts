import { join } from 'node:path';
import t from 'tap';
import { writeRoutes } from '../../scripts/shop/gateway.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { type Page, Visitor } from '../../scripts/shop/visitor.ts';
import { banyan } from '../helpers/cli.ts';
import { until, useGatewayOn, useShop } from '../helpers/shop.ts';

/** What must be equal: everything but the id of the session, the time, and how the bytes were framed. */
function essence(page: Page): unknown {
  const cookie = String(page.headers['set-cookie'])
    .replace(/CGISESSID=[0-9a-f]{32}/, 'CGISESSID=<id>')
    .replace(/expires=[^;]+/, 'expires=<date>');
  const body = page.body.replace(/Last run: .*/, 'Last run: <date>');
  return { status: page.status, cookie, location: page.headers['location'], body };
}

const clicks = [
  'index.pl',
  'view.pl?sku=1001',
  'search.pl?q=the;page=2',
  'cart.pl?action=add;sku=1001;qty=2',
  'cart.pl?action=show',
  'login.pl',
  'checkout.pl?step=2',
  'account.pl',
  'report.pl?rows=1;pause=0',
  'import.pl',
  'office.pl?Action=OrderList',
  'go.pl?to=label;id=2',
  'nph-stock.pl',
  'logout.pl',
];
const pages = [...new Set(clicks.map((click) => click.replace(/\?.*/, '')))];

t.test('a port that was just begun leaves every request to the old script, and nobody notices', async (t) => {
  const shop = await useShop(t);
  const ports = join(t.testdir({}), 'ports');
  const routes = (target: string): string =>
    writeRoutes(shop, [...pages.map((page) => `  ${page}: ${target}`), '  /**: legacy'].join('\n'), {
      ports,
    });
  const before = routes('legacy');
  for (const page of pages) {
    const script = join(repository, 'legacy-stub/cgi-bin', page);
    const ran = await banyan(repository, ['port', 'new', page, '--script', script, '--file', before]);
    t.equal(ran.code, 0, ran.stderr);
  }

  const gateway = await useGatewayOn(t, shop, routes('port'));
  const [onPerl, onPort] = [new Visitor(shop.apache.url), new Visitor(gateway.url)];
  for (const click of clicks)
    t.same(essence(await onPort.get(click)), essence(await onPerl.get(click)), click);

  const served = (): Record<string, unknown>[] =>
    gateway.log().filter((line) => 'route' in line && 'side' in line);
  await until('all is in the log', () => served().length >= clicks.length);
  t.same(
    [...new Set(served().map((line) => line['fallback']))],
    ['PORT_HANDED_OVER'],
    'each was handed over, and none failed',
  );
  t.equal(new Set(served().map((line) => line['route'])).size, pages.length);
});
