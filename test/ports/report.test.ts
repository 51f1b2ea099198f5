import { request } from 'undici';
import t from 'tap';
import { html } from 'banyan';
import { pauseAsked, reportPieces } from '../../ports/report.ts';
import { Visitor } from '../../scripts/shop/visitor.ts';
import { clickAlike, leftToLegacy, putInSession } from '../helpers/alike.ts';
import { sessionBytes, until, useGateway, useShop } from '../helpers/shop.ts';

/** What is asked of report.pl, one behind the other. */
const asked: Record<string, string[]> = {
  'the usual report, and rests that are as good as none': ['pause=0.001', 'pause=.001'],
  'sixty rows: six labels, ten months': ['rows=60;pause=0'],
  'more rows than there may be': ['rows=61;pause=0', 'rows=9999;pause=0'],
  'no row, one, and zeros in front': ['rows=0;pause=0', 'rows=1;pause=0', 'rows=01;pause=00'],
  'rows that are no number': ['', 'x', '-1', '10000', '5%0A', '+5', '1.5'].map(
    (rows) => `pause=0;rows=${rows}`,
  ),
  'pauses that are no number': ['-1', 'x', '1e3', '0.', '1000', ''].map((pause) => `rows=1;pause=${pause}`),
  'pauses that are one all the same': ['%0A', '000', '0%0A', '.0'].map((pause) => `rows=2;pause=${pause}`),
};

/** What may be found in the session as the time of the last run, in Perl. */
const lastRuns = ['0', "''", "'0'", "'0.0'", '-5', "'12 o'", "'abc'", "'1.9'", "'1e9'", '123456789012'];

t.test('report.ts passes for report.pl', async (t) => {
  const shop = await useShop(t);
  const gateway = await useGateway(t, shop, '  report.pl: port\n  logout.pl: port\n  /**: legacy');
  const sides = { shop, gateway };
  await shop.db.query('UPDATE labels SET name = ? WHERE id = 2', [`Rock 'n' "Roll" <& Co>`]);

  /** Asks for a report, and then sets the time of the last run to one that both sides will show. */
  const report = (words: string, last: string) => async (visitor: Visitor) => {
    const page = await visitor.get(`report.pl?${words}`);
    const id = String(visitor.sessionId);
    const [, noted] = /'last_report' => (\d+)/.exec(String(await sessionBytes(shop, id))) ?? [];
    t.ok(Math.abs(Number(noted) - Date.now() / 1000) < 60, 'the time of this run is in the session');
    await putInSession(shop, id, 'last_report', last);
    return page;
  };
  for (const [what, words] of Object.entries(asked)) {
    const clicks = words.map((one) => report(one, '1000000000'));
    await clickAlike(t, sides, what, clicks);
  }
  for (const last of lastRuns) {
    const clicks = [report('rows=0;pause=0', last), report('rows=1;pause=0', last)];
    await clickAlike(t, sides, `the last run was at ${last}`, clicks);
  }
  t.same(leftToLegacy(sides), [], 'legacy never had to help out');

  await t.test('a last run that is no time is left to legacy', async (t) => {
    const visitor = new Visitor(gateway.url);
    await report('rows=0;pause=0', '[1]')(visitor);
    t.match(await report('rows=0;pause=0', '1')(visitor), { status: 200, body: /Last run: \w{3} / });
    await until('it is logged', () => leftToLegacy(sides).length > 0);
    t.same(leftToLegacy(sides), ['SESSION_UNREADABLE']);
  });

  await t.test('while it is printed its visitor goes on, and may leave', async (t) => {
    const visitor = new Visitor(gateway.url);
    await visitor.get('cart.pl?action=add;sku=1001');
    const id = String(visitor.sessionId);
    const headers = { cookie: `CGISESSID=${id}` };
    const printed = await request(`${gateway.url}/cgi-bin/report.pl?rows=60;pause=5`, { headers });
    t.equal(await visitor.items(), 1, 'the cart does not wait for the five minutes');
    await visitor.get('logout.pl');
    t.equal(await sessionBytes(shop, id), null);
    t.notOk(printed.body.readableEnded, 'the report is printed yet');
    printed.body.on('error', () => undefined).destroy();
  });
});

t.test('the report rests after each row, and not before it was sent', async (t) => {
  const told: string[] = [];
  const rest = async (ms: number): Promise<void> => void told.push(`rest ${ms}`);
  const rows = [html`<TR>1\n`, html`<TR>2\n`];
  for await (const piece of reportPieces('yesterday', rows, 300, rest))
    told.push(piece.startsWith('<!DOCTYPE') ? 'the top' : piece.replace(/\n[^]*/, ''));
  t.same(told, [
    'the top',
    '<P>Last run: yesterday',
    '<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>',
    '<TR>1',
    'rest 300',
    '<TR>2',
    'rest 300',
    '</TABLE>',
  ]);
});

t.test(
  'how long it rests: what is typed where that is a number, and never more than five seconds',
  async (t) => {
    const pauses = { '0': 0, '.001': 0.001, '5': 5, '5.01': 5, '999': 5, '00': 0, '\n': 0, '2\n': 2 };
    for (const [typed, seconds] of Object.entries(pauses)) t.equal(pauseAsked(typed), seconds, typed);
    for (const typed of [null, '', 'x', '-1', '1e3', '0.', '1000'])
      t.equal(pauseAsked(typed), 0.3, String(typed));
  },
);
