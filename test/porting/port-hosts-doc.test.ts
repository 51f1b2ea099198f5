// docs/port-hosts.md is what somebody writes a host by: it names all that goes over the wire, and nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { repository } from '../../scripts/shop/shop.ts';
import type { PortsStatus } from '../../src/control/api.ts';
import { Problem, problemCodes, type ProblemCode } from '../../src/errors.ts';
import type { Errand } from '../../src/porting/wire.ts';

const page = readFileSync(join(repository, 'docs/port-hosts.md'), 'utf8');
const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(
  ([, text]) => JSON.parse(text ?? '') as object,
);

/** The first cells of the rows between two headings, of those that hold code in the first and more in the second. */
function namesIn(from: string, to: string): string[] {
  const part = page.slice(page.indexOf(`\n${from}\n`), page.indexOf(`\n${to}\n`));
  return [...part.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name ?? '');
}

const errand: Record<keyof Errand, true> = {
  exchangeId: true,
  method: true,
  route: true,
  file: true,
  sessionUse: true,
  effects: true,
  sessionId: true,
  fence: true,
  timeoutMs: true,
  clientAddress: true,
  receivedAtMs: true,
  tellsOfSession: true,
};
const status: Record<keyof PortsStatus, true> = {
  hosts: true,
  url: true,
  swaps: true,
  broken: true,
  refused: true,
};

t.test('every field of an errand is explained, and in the example', async (t) => {
  t.same(namesIn('### The request', '### From the request to the answer'), Object.keys(errand));
  t.same(Object.keys(examples[1] as object), Object.keys(errand));
});

t.test('so is what GET /ports says', async (t) => {
  t.same(Object.keys(examples[0] as object), ['schema', ...Object.keys(status)]);
});

t.test(
  'the table of failures has every code that lets legacy answer, but the one that is the gateway’s',
  async (t) => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\|.*\| (yes|no)\b.*\|$/gm)];
    for (const [, code, answers] of rows)
      t.equal(new Problem(code as ProblemCode, '').mayFallBack, answers === 'yes', code ?? '');
    const explained = rows.map(([, code]) => code);
    t.same(
      problemCodes.filter((code) => new Problem(code, '').mayFallBack && !explained.includes(code)),
      ['PORT_HOST_DOWN'],
    );
  },
);
