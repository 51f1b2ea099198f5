import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commit, lookAt } from '../../src/config/commit.ts';
import { revisionOf } from '../../src/config/journal-file.ts';
import { type JournalEntry, parseJournal, textOf } from '../../src/config/journal.ts';
import { textHash } from '../../src/config/text-hash.ts';
import { makeDice } from '../helpers/dice.ts';

const author = { verb: 'flip', who: 'pete@shop', why: 'clean for a day' };
const first = 'routes:\n  /x: legacy # why\n  /y: port\n';

/** A file with its journal, and what can be done to both. */
function open(t: Test, text = first) {
  const file = join(t.testdir({ 'routes.yaml': text }), 'routes.yaml');
  const journal = join(file, '../.routes.yaml.journal');
  return {
    file,
    journal,
    change: (from: string, to: string) =>
      commit(file, (now) => ({ ...author, text: now.text.replace(from, to) })),
    byHand: (from: string, to: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(from, to)),
    written: (): JournalEntry[] => parseJournal(readFileSync(journal, 'utf8')),
  };
}

t.test('it says who changed what, when and why, and holds the text that it began with', async (t) => {
  const { change, written } = open(t);
  await change('/x: legacy', '/x: port 5%');
  const [found, flip, ...others] = written();
  t.same(others, []);
  t.match(found, { rev: 1, verb: 'found', before: null, after: textHash(first), hunk: null, text: first });
  t.match(flip, {
    ...author,
    schema: 1,
    rev: 2,
    routes: [{ key: '/x', name: 'x', before: 'legacy', after: 'port 5%' }],
    before: textHash(first),
    hunk: { line: 2, removed: ['  /x: legacy # why'], added: ['  /x: port 5% # why'] },
  });
  t.match(flip?.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

t.test('what somebody does by hand is written down before the next change', async (t) => {
  const { change, byHand, written } = open(t);
  await change('/x: legacy', '/x: port 5%');
  byHand('/y: port', '/y: retired');
  await change('port 5%', 'port 6%');
  t.match(
    written().map(({ rev, verb, who, routes }) => ({ rev, verb, who, routes })),
    [
      { rev: 1, verb: 'found' },
      { rev: 2, verb: 'flip' },
      { rev: 3, verb: 'edit', who: 'unknown', routes: [{ key: '/y', before: 'port', after: 'retired' }] },
      { rev: 4, verb: 'flip', routes: [{ key: '/x', before: 'port 5%', after: 'port 6%' }] },
    ],
  );
});

t.test('so is what was recorded and, for a crash, never took effect', async (t) => {
  const { change, written, file } = open(t);
  await change('/x: legacy', '/x: port 5%');
  writeFileSync(file, first);
  await change('/x: legacy', '/x: port 7%');
  t.match(written()[2], {
    rev: 3,
    verb: 'edit',
    why: /rev 2 was cut short by a crash/,
    after: textHash(first),
  });
  t.match(written()[3], { rev: 4, routes: [{ before: 'legacy', after: 'port 7%' }] });
});

t.test(
  'any revision can be made again, also over whole texts, Windows line ends and no last one',
  async (t) => {
    const dice = makeDice(7);
    const { file, written } = open(t, 'a\r\nb');
    const texts = ['a\r\nb'];
    for (let i = 0; i < 130; i++) {
      const text = dice.text(['a', 'b', '\r\n', '\n', 'é', '\uFEFF', '# c\n', '\n\n'], 0, 30) + String(i);
      texts.push(text);
      await commit(file, () => ({ ...author, text }));
    }
    const entries = written();
    t.same(
      texts.map((_, at) => textOf(entries, at + 1)),
      texts,
    );
    t.same(
      entries.filter(({ text }) => text !== undefined).map(({ rev }) => rev),
      [1, 101],
    );
    t.equal(textOf(entries, 132), null, 'no such revision');
  },
);

t.test('a last line that a crash tore apart is passed over, and gone with the next change', async (t) => {
  const { change, written, journal } = open(t);
  await change('/x: legacy', '/x: port 5%');
  const whole = statSync(journal).size;
  await change('port 5%', 'port 6%');
  truncateSync(journal, whole + 40);
  t.equal(written().length, 2);
  await change('port 6%', 'port 7%');
  t.same(
    written().map(({ rev, verb }) => `${rev} ${verb}`),
    ['1 found', '2 flip', '3 edit', '4 flip'],
  );
  t.ok(
    readFileSync(journal, 'utf8')
      .trimEnd()
      .split('\n')
      .every((line) => JSON.parse(line)),
  );
});

t.test('a journal whose middle is damaged heals: only what stood there is lost', async (t) => {
  const { change, written, journal, file } = open(t);
  await change('/x: legacy', '/x: port 5%');
  await change('port 5%', 'port 6%');
  const lines = readFileSync(journal, 'utf8').split('\n');
  writeFileSync(
    journal,
    lines.map((line, at) => (at === 1 ? line.replace('"added"', '"adde!"') : line)).join('\n'),
  );
  t.equal(textOf(written(), 3), null, 'it is not made from the wrong parts');
  writeFileSync(file, 'routes:\n  /x: port 9%\n');
  await change('port 9%', 'port 10%');
  t.equal(textOf(written(), 1), first);
  t.equal(textOf(written(), 4), 'routes:\n  /x: port 9%\n');
  t.equal(textOf(written(), 5), 'routes:\n  /x: port 10%\n');
});

t.test('a line that is no entry, or counts backwards, is passed over', async (t) => {
  const nothing = { why: null, before: null, hunk: null, routes: [] };
  const entry = { schema: 1, rev: 5, at: '', who: '', verb: '', after: '', ...nothing };
  const lines = [
    '',
    'null',
    '[]',
    '"x"',
    '{}',
    { ...entry, schema: 2 },
    entry,
    { ...entry, rev: 4 },
    { ...entry, hunk: {}, rev: 6 },
  ];
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  t.equal(parseJournal(text).length, 1);
});

t.test('which revision a text is, is read from the end of the journal', async (t) => {
  const { file, change, byHand } = open(t, `${'# long\n'.repeat(30_000)}${first}`);
  const began = textHash((await lookAt(file)).text);
  t.equal(await revisionOf(file, began), null, 'there is no journal yet');
  await change('/x: legacy', '/x: port 5%');
  t.equal(await revisionOf(file, textHash((await lookAt(file)).text)), 2);
  t.equal(await revisionOf(file, began), 1, 'the entry before is some 200 kB long');
  t.equal(await revisionOf(file, 'nobody-has-it'), null);
  byHand('port 5%', 'port 6%');
  t.equal(
    await revisionOf(file, textHash((await lookAt(file)).text)),
    null,
    'done by hand, so nobody knows it',
  );
});
