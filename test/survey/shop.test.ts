import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { survey, type Survey } from '../../src/survey/survey.ts';

const stub = resolve(import.meta.dirname, '../../legacy-stub');
const source = (name: string) => ({ name, text: readFileSync(join(stub, name), 'latin1') });
const surveyOf = (script: string): Survey => survey(source(script), [source('lib/Shop.pm')]);

interface Row {
  readonly parameters: string;
  /** r: read, w: written, changed or removed. */
  readonly session: string;
  readonly tables: string;
  readonly branches?: string;
  readonly outside?: string;
}

// The table of legacy-stub/README.md, and what it leaves out: get_record joins labels, and checkout.pl looks into it.
const scripts: Record<string, Row> = {
  'index.pl': { parameters: '', session: 'agent r, cart r, name r, uid r', tables: 'labels r, records r' },
  'view.pl': { parameters: 'sku', session: 'seen rw', tables: 'labels r, records r' },
  'search.pl': { parameters: 'label, page, q', session: '', tables: 'records r, searchlog w' },
  'cart.pl': {
    parameters: 'action, qty, qty_*, sku',
    session: 'cart rw',
    tables: 'labels r, records r',
    branches: 'action=add, action=remove, action=update',
  },
  'login.pl': {
    parameters: 'login, next, password',
    session: 'agent w, login w, name w, uid w; renewed',
    tables: 'users r',
  },
  'logout.pl': { parameters: '', session: '; removed', tables: '' },
  'checkout.pl': {
    parameters: 'address, city, name, postcode, step',
    session: 'cart rw, name r, ship rw, uid r',
    tables: 'labels r, order_lines w, orders w, records rw',
    branches: 'step=2, step=3',
  },
  'account.pl': {
    parameters: 'action, email',
    session: 'uid r',
    tables: 'order_lines r, orders r, users rw',
  },
  'report.pl': {
    parameters: 'pause, rows',
    session: 'last_report rw',
    tables: 'labels r, order_lines r, orders r, records r',
  },
  'import.pl': { parameters: 'list', session: '', tables: 'records rw', outside: 'file import.pl:38' },
  'office.pl': {
    parameters: 'Action, OrderID, Subaction',
    session: 'agent r',
    tables: 'order_lines r, orders rw, records r',
    branches: 'Action=OrderClose, Action=OrderList, Action=OrderZoom, Action=StockList',
  },
  'go.pl': {
    parameters: 'id, q, to, url',
    session: 'none',
    tables: 'labels r',
    branches: 'to=help, to=label, to=labelsite, to=search, to=url',
  },
  'nph-stock.pl': { parameters: '', session: 'none', tables: 'records r' },
};

t.test('every Perl page of the shop has its row', async (t) => {
  const pages = readdirSync(join(stub, 'cgi-bin')).filter((name) => name.endsWith('.pl'));
  t.same(Object.keys(scripts).toSorted(), pages.toSorted());
});

for (const [script, row] of Object.entries(scripts)) {
  t.test(`${script} uses what the shop's README says`, async (t) => {
    const { parameters, session, tables, branches, effects } = surveyOf(`cgi-bin/${script}`);
    t.equal(sorted(parameters.map(({ name }) => name)), row.parameters);
    t.equal(sorted(tables.map(({ name, read, written }) => marked(name, read, written))), row.tables);
    const keys = session.keys.map(({ name, read, written, removed, changedInPlace }) =>
      marked(name, read, [...written, ...removed, ...changedInPlace]),
    );
    const deeds = session.deeds.flatMap(({ what }) =>
      what === 'removed' || what === 'renewed' ? [`; ${what}`] : [],
    );
    t.equal(session.keeper === null ? 'none' : sorted(keys) + deeds.join(''), row.session);
    t.equal(sorted(branches.map(({ parameter, value }) => `${parameter}=${value}`)), row.branches ?? '');
    const outside = effects.filter(({ kind }) => kind !== 'reads a file');
    t.equal(outside.map(({ kind, place }) => `${kind} ${script}:${place.line}`).join(), row.outside ?? '');
  });
}

t.test('what the shop does besides is found in its lines', async (t) => {
  t.match(surveyOf('cgi-bin/view.pl').answers, [
    { what: 'status', text: '404 Not Found', place: { line: 28 } },
  ]);
  t.match(
    surveyOf('cgi-bin/go.pl').answers.map(({ what, text }) => `${what} ${text}`),
    ['redirect /cgi-bin/search.pl?label=*', "redirect $url || '/cgi-bin/index.pl'", 'redirect /help.html'],
  );
  t.match(surveyOf('cgi-bin/checkout.pl').answers, [
    { what: 'redirect', text: 'login.pl?next=checkout.pl', place: { file: 'cgi-bin/checkout.pl', line: 27 } },
  ]);
  t.match(surveyOf('cgi-bin/search.pl').requests, [{ name: 'REMOTE_ADDR', inPort: 'request.clientAddress' }]);
  const minds = (script: string): string[] => surveyOf(`cgi-bin/${script}`).minds.map(({ code }) => code);
  t.ok(['numeric sort', 'parameter as truth', 'sprintf'].every((code) => minds('cart.pl').includes(code)));
  t.ok(['localtime', 'modulo', 'order of keys'].every((code) => minds('index.pl').includes(code)));
  t.ok(minds('checkout.pl').includes('new id'));
  t.ok(minds('report.pl').includes('piece by piece'));
  t.ok(minds('import.pl').includes('split'));
});

t.test('the job of the night removes keys, and says which it cannot tell', async (t) => {
  const { session, tables, doubts } = surveyOf('cron/expire.pl');
  t.equal(session.keeper, 'cgi-session');
  t.match(tables, [{ name: 'sessions' }]);
  t.match(doubts, [
    { what: 'the session key $_, which it reads', place: { line: 39 } },
    { what: 'which session keys it removes: \\@have', place: { line: 40 } },
  ]);
});

function sorted(words: readonly string[]): string {
  return words.toSorted().join(', ');
}

function marked(name: string, read: readonly unknown[], written: readonly unknown[]): string {
  return `${name} ${read.length > 0 ? 'r' : ''}${written.length > 0 ? 'w' : ''}`;
}
