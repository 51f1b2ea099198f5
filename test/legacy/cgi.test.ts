import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Problem } from '../../src/errors.ts';
import type { Children } from '../../src/legacy/cgi-children.ts';
import { cgiTransport } from '../../src/legacy/cgi.ts';
import { fakeClock } from '../helpers/clock.ts';

t.test('a script that is given up while it waits for a process is never run', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-cgi-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'page.pl'), '#!/usr/bin/perl\n');
  chmodSync(join(folder, 'page.pl'), 0o755);
  const asked = Promise.withResolvers<void>();
  let calledOff = 0;
  const children: Children = {
    take: () => {
      asked.resolve();
      return { child: new Promise(() => undefined), callOff: () => calledOff++ };
    },
    isUnfit: () => false,
    close: () => undefined,
  };
  const transport = cgiTransport({
    site: { scriptsAt: '/cgi-bin/', scriptsFolder: folder, documentRoot: null, variables: {} },
    index: [],
    charset: null,
    kept: new Set(),
    interpreters: { perl: '/usr/bin/perl', forks: true, allowed: null },
    limits: { runMs: 1000, outputBytes: 1000 },
    children,
    clock: fakeClock(),
    said: () => undefined,
  });
  const exited = Promise.withResolvers<void>();
  let failed: Problem | null = null;
  const call = transport.send(
    { id: '1', method: 'GET', target: '/cgi-bin/page.pl', headers: [], body: null, lengthBytes: 0 },
    {
      head: () => t.fail('there is no answer'),
      data: () => true,
      end: () => t.fail('there is no answer'),
      failed: (problem) => (failed = problem),
      exited: () => exited.resolve(),
    },
  );
  await asked.promise;
  await new Promise(setImmediate);
  call.abortIfUnsent();
  await exited.promise;
  t.equal(calledOff, 1, 'its place in the queue is given up');
  t.match(failed, { code: 'LEGACY_DOWN' }, 'and it is said that it was');
});
