import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { Capture } from '../../src/exchange/capture.ts';
import { differencesOf, type SessionsOfBoth } from '../../src/porting/recorded-differences.ts';

const said = (problem: Problem): string[] =>
  differencesOf(
    {} as Capture,
    { answer: null, problem, session: null, statements: [] },
    {} as SessionsOfBoth,
  );

t.test('of a port that has thrown it is said in which line', async (t) => {
  const [line, ...more] = said(new Problem('PORT_FAILED', 'no', new TypeError('no')));
  t.match(line, /^the port failed: PORT_FAILED: no at .*\/recorded-differences\.test\.ts:\d+:\d+\)?$/);
  t.same(more, []);
});

t.test('of one that banyan has stopped, why', async (t) => {
  t.same(said(new Problem('PORT_TIMEOUT', 'too late')), ['the port failed: PORT_TIMEOUT: too late']);
});

t.test('what a port leaves to legacy on purpose is no difference', async (t) => {
  t.same(said(new Problem('PORT_HANDED_OVER', '')), []);
});
