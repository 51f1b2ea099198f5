import t from 'tap';
import { Problem } from '../../src/errors.ts';
import type { Capture } from '../../src/exchange/capture.ts';
import { differencesOf, type SessionsOfBoth } from '../../src/cli/recorded-differences.ts';
import type { Rehearsed } from '../../src/porting/rehearsal.ts';

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

/** The differences of two pages that have only their bodies. */
function ofBodies(legacy: string, port: string): string[] {
  const headers = ['Content-Type', 'text/html'];
  const answer = { status: 200, headers, body: Buffer.from(port, 'latin1') };
  return differencesOf(
    { session: null, answer: { status: 200, headers, body: legacy } } as unknown as Capture,
    { answer, problem: null, session: null, statements: [] } as unknown as Rehearsed,
    { cookieName: 'sid', sessionUse: 'none' } as SessionsOfBoth,
  );
}

t.test('a page that differs in two places is shown with both', async (t) => {
  t.same(ofBodies('a\nb\nc\nd\ne\n', 'a\nB\nc\nd\nE\n'), [
    'line 2 of the body:',
    '- b',
    '+ B',
    'line 5 of the body:',
    '- e',
    '+ E',
  ]);
  t.same(ofBodies('a\n', 'a\n'), []);
});

t.test('a line too many is one difference, and so is an end of line too few', async (t) => {
  t.same(ofBodies('a\nb\nc', 'a\nnew\nb\nc'), ['line 2 of the body:', '+ new']);
  t.same(ofBodies('a\n', 'a'), ['line 2 of the body:', '- (empty)']);
});

t.test('of a page that is another altogether ten lines are shown, and how many more differ', async (t) => {
  const page = (sign: string): string => Array.from({ length: 13 }, (_, at) => `${sign}${at}`).join('\n');
  const lines = ofBodies(page('a'), page('b'));
  t.equal(lines.length, 31);
  t.same(lines.slice(-4), ['line 10 of the body:', '- a9', '+ b9', 'and 3 more']);
});
