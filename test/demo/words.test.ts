// What npm run dev says to who writes a port.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { CompilerWords, shown, wordsOf } from '../../scripts/demo/words.ts';
import { repository } from '../../scripts/shop/shop.ts';

const file = join(repository, 'ports/cart.ts');

t.test('a path of the checkout is shown as it is typed there', (t) => {
  t.equal(shown(`at boom (${pathToFileURL(file).href}:13:30)`), 'at boom (ports/cart.ts:13:30)');
  t.equal(
    shown(`${file} cannot be imported (${file}:5)`),
    'ports/cart.ts cannot be imported (ports/cart.ts:5)',
  );
  t.equal(shown('at node:internal/timers:685:17'), 'at node:internal/timers:685:17');
  t.end();
});

t.test('paths are short in what was not taken, and in why legacy answered', (t) => {
  const refused = wordsOf({ msg: 'port host refused', detail: `${file} cannot be imported` });
  t.equal(refused?.text, '✖ not taken, the one before serves on: ports/cart.ts cannot be imported');
  const fallback = wordsOf({
    msg: 'exchange',
    method: 'GET',
    path: '/cgi-bin/cart.pl',
    status: 200,
    elapsedMs: 3,
    side: 'legacy',
    fallback: 'PORT_FAILED',
    fallbackDetail: `Error: boom\n    at ${pathToFileURL(file).href}:13:30`,
  });
  t.equal(
    fallback?.text,
    '▲ GET /cgi-bin/cart.pl 200 3 ms: legacy instead of the port: PORT_FAILED\n' +
      '    Error: boom\n        at ports/cart.ts:13:30',
  );
  t.end();
});

t.test('the end of a port host is told, unless a newer one has replaced it', (t) => {
  t.equal(wordsOf({ msg: 'port host ended', detail: 'exit code 0' }), null);
  t.match(wordsOf({ msg: 'port host ended', detail: 'exit code 3' }), {
    style: 'red',
    text: '✖ port host ended: exit code 3',
  });
  t.end();
});

t.test('a reload of routes.yaml is told, the first reading is not', (t) => {
  const taken = { msg: 'routes.yaml taken over', changes: [] };
  t.equal(wordsOf({ ...taken, revision: 1 }), null);
  t.match(wordsOf({ ...taken, revision: 2 }), {
    text: '✔ routes.yaml has been read again: no route has changed',
  });
  t.match(wordsOf({ ...taken, revision: 3, changes: ['cart: legacy -> port'] }), {
    text: '✔ routes.yaml has been read again: cart: legacy -> port',
  });
  t.match(
    wordsOf({
      msg: 'routes.yaml was refused; the last good one serves on',
      findings: [{ line: 21, column: 1, message: 'unknown key "routess"' }],
    }),
    { text: '✖ routes.yaml was refused; the last good one serves on\n    21:1 unknown key "routess"' },
  );
  t.end();
});

t.test('errors of the compiler are said once, and once that they are gone', (t) => {
  const words = new CompilerWords();
  const error = "ports/cart.ts(5,7): error TS2322: Type 'string' is not assignable to type 'number'.";
  const compile = (...errors: string[]): string[] => {
    const count = `${errors.length} error${errors.length === 1 ? '' : 's'}`;
    const lines = [...errors, '', `01:33:56 AM - Found ${count}. Watching for file changes.`];
    return lines.flatMap((line) => words.take(line)).map(({ text }) => text);
  };
  t.same(compile(), [], 'nothing at the start');
  t.same(compile(error), [`✖ ${error}`]);
  t.same(compile(error), []);
  t.same(compile(error, 'test/ports/cart.test.ts(1,1): error TS1005'), [
    `✖ ${error}`,
    '✖ test/ports/cart.test.ts(1,1): error TS1005',
  ]);
  t.same(compile(), ['✔ the compiler has nothing to say any more']);
  t.same(compile(), []);
  t.same(compile("src/errors.ts(1,1): error TS1005: ';' expected."), [], 'what is not of ports');
  t.end();
});
