import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { asProblem, isProblemCode, Problem, problemCodes, type ProblemCode } from '../src/errors.ts';

const problems = problemCodes.map((code) => new Problem(code, 'mysql://shop:secret@10.0.0.9/shop broke'));

t.test('a problem knows its row of the table', async (t) => {
  const problem = new Problem('TURN_TIMEOUT', 'the turn was not had within 5 ms');
  t.match(problem, { code: 'TURN_TIMEOUT', status: 503, retryAfterSeconds: 2, mayFallBack: false });
  t.equal(problem.message, 'the turn was not had within 5 ms');
  t.equal(problem.name, 'Problem');
  t.ok(problem instanceof Error);
});

t.test('a problem keeps what it was made from, where there is something', async (t) => {
  const cause = new Error('reset');
  t.equal(new Problem('LEGACY_DOWN', 'x', cause).cause, cause);
  t.notOk('cause' in new Problem('LEGACY_DOWN', 'x'));
});

t.test('a client is told a whole sentence, and nothing of the inside', async (t) => {
  for (const problem of problems) {
    t.match(problem.sentence, /^[A-Z][^\n<>]*\.$/, problem.code);
    t.notMatch(problem.sentence, /secret|mysql|mariadb|apache|perl|localhost|\d{2,}|\//i, problem.code);
  }
});

t.test('every status is one that says an error', async (t) => {
  for (const problem of problems) t.ok(problem.status >= 400 && problem.status <= 599, problem.code);
});

t.test('legacy may stand in only where it is certain that nothing was committed', async (t) => {
  const allowed: ProblemCode[] = [
    'PORT_MISSING',
    'PORT_HOST_DOWN',
    'PORT_FAILED',
    'PORT_HANDED_OVER',
    'PORT_TIMEOUT',
    'TABLE_NOT_TRANSACTIONAL',
    'SESSION_UNREADABLE',
    'SESSION_UNWRITABLE',
    'SESSION_LOCKED',
    'SESSION_STALE',
    'DATABASE_DOWN',
  ];
  t.same(
    problems.filter((problem) => problem.mayFallBack).map((problem) => problem.code),
    allowed,
  );
});

t.test('who may try again is told when, as a 503 that is no fault of a page', async (t) => {
  const retry = problems.filter((problem) => problem.retryAfterSeconds !== null);
  t.same(
    retry.map((problem) => [problem.code, problem.status, problem.retryAfterSeconds]),
    [
      ['BODY_NOT_KEPT', 503, 5],
      ['CONNECTIONS_FULL', 503, 5],
      ['SOCKETS_FULL', 503, 5],
      ['TURN_TIMEOUT', 503, 2],
      ['TURN_QUEUE_FULL', 503, 2],
      ['LOCK_DOWN', 503, 5],
      ['LEGACY_BUSY', 503, 5],
      ['LEGACY_QUEUE_TIMEOUT', 503, 5],
      ['SESSION_LOCKED', 503, 2],
      ['LEASE_LOST', 503, 2],
    ],
  );
});

t.test('a problem that was thrown stays itself; anything else becomes one', async (t) => {
  const problem = new Problem('LEASE_LOST', 'x');
  t.equal(asProblem(problem, 'GATEWAY_FAULT'), problem);
  const error = new Error('reset');
  t.match(asProblem(error, 'LEGACY_BROKE'), { code: 'LEGACY_BROKE', message: 'reset', cause: error });
  t.match(asProblem('no error', 'PORT_FAILED'), { code: 'PORT_FAILED', message: 'no error' });
  t.match(asProblem(null, 'PORT_FAILED'), { code: 'PORT_FAILED', message: 'null' });
});

t.test('a word from a wire is a code only when it is in the table', async (t) => {
  for (const code of problemCodes) t.ok(isProblemCode(code));
  for (const word of ['', 'constructor', '__proto__', 'toString', 'lease_lost']) t.notOk(isProblemCode(word));
});

t.test('docs/errors.md explains every code under its status, and no other', async (t) => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/errors.md'), 'utf8');
  const explained = [...page.matchAll(/^### (\w+ \(\d+\))\n\n[A-Z`].{20}/gm)].map(
    ([, heading]) => heading ?? '',
  );
  const due = problems.map(({ code, status }) => `${code} (${status})`);
  t.same(explained.toSorted(), due.toSorted());
});
