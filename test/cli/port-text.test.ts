import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { importsIn, textsIn } from '../../src/cli/port-text.ts';
import { writtenByPorts } from '../../src/cli/written-by-ports.ts';
import { routeOf } from '../helpers/routing.ts';

t.test('the texts of a TypeScript file are found without running it', async (t) => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["db.query('SELECT 1', [a]);", ['SELECT 1']],
    ['db.query("DELETE FROM t")', ['DELETE FROM t']],
    ['db.query(`INSERT INTO t\n VALUES (?)`)', ['INSERT INTO t\n VALUES (?)']],
    ['f(`UPDATE \\`t\\` SET a = ${b ? `x` : "y"} WHERE c`)', ['UPDATE `t` SET a = ? WHERE c', 'x', 'y']],
    ['f(`a ${g({ h: `b ${i} c` })} d`)', ['a ? d', 'b ? c']],
    ["f('INSERT INTO t ' +\n  'VALUES (1)' + `, (2)`)", ['INSERT INTO t VALUES (1), (2)']],
    ["f('DELETE FROM ' + table)", ['DELETE FROM ']],
    ['f(\'it\\\'s\', "a \\" b")', ["it's", 'a " b']],
    ["// f('a')\n/* f('b')\n f('c') */ f('d')", ['d']],
    ["// don't\nf('a')", ['a']],
    ["if (/['\"`]/.test(x)) f('a')", ['a']],
    ["x\nreturn /'/.test(y) && f('a')", ['a']],
    ["a = b / c; f('a'); d = e / g", ['a']],
    ["a = f(1) / 2; f('a') / 3", ['a']],
    ["x = [/[/']/, /\\/'/]; f('a')", ['a']],
    ["f('not closed\nf('a')", ['not closed', 'a']],
    ['f(`not closed ${', ['not closed ?']],
    ['', []],
  ];
  for (const [source, texts] of rows) t.same(textsIn(source), texts, source);
});

t.test('so are its imports', async (t) => {
  const source = `import { definePort } from 'banyan';
    import { a, b } from './lib/a.ts';
    import type { C } from "../c.ts";
    import './d.ts';
    export { e } from './e.ts';
    const f = await import('./f.ts');`;
  t.same(importsIn(source), ['./lib/a.ts', '../c.ts', './d.ts', './e.ts', './f.ts']);
});

t.test('a port writes what the files write that it imports', async (t) => {
  const folder = t.testdir();
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'lib'));
  write(
    'lib/hits.ts',
    "import '../view.ts';\nexport const hit = (db) => db.query('INSERT INTO hits VALUES (1)');",
  );
  const view = write(
    'view.ts',
    "import { hit } from './lib/hits.ts';\nimport './gone.ts';\ndb.query(`DELETE FROM db.seen`)",
  );
  const cart = write('cart.ts', "text('Update your cart, or delete from it'); // INSERT INTO comments\n");
  const found = await writtenByPorts([
    routeOf('/view.pl', 1, 'port 5%', { name: 'view', port: view }),
    routeOf('/cart.pl', 2, 'legacy', { name: 'cart', port: cart, effects: 'accepted' }),
    routeOf('/none.pl', 3),
    routeOf('/gone.pl', 4, 'port', { name: 'gone', port: join(folder, 'gone.ts') }),
  ]);
  const hits = { schema: null, name: 'hits' };
  t.same(found, [
    { route: 'view', isServed: true, effects: 'refused', tables: [{ schema: 'db', name: 'seen' }, hits] },
    { route: 'cart', isServed: false, effects: 'accepted', tables: [{ schema: null, name: 'it' }] },
    { route: 'gone', isServed: true, effects: 'refused', tables: [] },
  ]);
});
