import t from 'tap';
import { Batches } from '../../src/mysql/batches.ts';

/** A server that answers each batch when it is told to. */
function playServer(most: number) {
  const asked: { questions: readonly number[]; answer: () => void; fail: (reason: Error) => void }[] = [];
  let onAsked = (): void => undefined;
  const batches = new Batches<number, string>(most, (questions) => {
    const answers = Promise.withResolvers<string[]>();
    asked.push({
      questions,
      answer: () => answers.resolve(questions.map((question) => `to ${question}`)),
      fail: answers.reject,
    });
    onAsked();
    return answers.promise;
  });
  /** The batch of that number, once it is asked. */
  const batch = async (number: number) => {
    while (asked.length <= number) await new Promise<void>((resolve) => (onAsked = resolve));
    return asked[number] as (typeof asked)[number];
  };
  return { batches, batch, asked };
}

t.test(
  'what is asked in one turn of the event loop goes together, and each gets its own answer',
  async (t) => {
    const { batches, batch } = playServer(10);
    const answers = Promise.all([1, 2, 3].map((question) => batches.ask(question)));
    const { questions, answer } = await batch(0);
    t.same(questions, [1, 2, 3]);
    answer();
    t.same(await answers, ['to 1', 'to 2', 'to 3']);
  },
);

t.test('one statement is under way at a time, and what is asked meanwhile goes in the next', async (t) => {
  const { batches, batch, asked } = playServer(10);
  const first = batches.ask(1);
  const { answer } = await batch(0);
  const next = Promise.all([batches.ask(2), batches.ask(3)]);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(asked.length, 1);
  t.equal(batches.waiting, 2);
  answer();
  t.equal(await first, 'to 1');
  const second = await batch(1);
  t.same(second.questions, [2, 3]);
  second.answer();
  t.same(await next, ['to 2', 'to 3']);
});

t.test('no more go together than may, and they keep their order', async (t) => {
  const { batches, batch } = playServer(64);
  const all = Array.from({ length: 200 }, (_, question) => question);
  const answers = Promise.all(all.map((question) => batches.ask(question)));
  for (const [number, size] of [64, 64, 64, 8].entries()) {
    const { questions, answer } = await batch(number);
    t.same(questions, all.slice(number * 64, number * 64 + size));
    answer();
  }
  t.same(
    await answers,
    all.map((question) => `to ${question}`),
  );
});

t.test('a statement that fails in the middle fails for all, and for whoever asks afterwards', async (t) => {
  const { batches, batch, asked } = playServer(2);
  const answers = Promise.allSettled([1, 2, 3].map((question) => batches.ask(question)));
  (await batch(0)).fail(new Error('gone away'));
  for (const each of await answers) t.match(each, { status: 'rejected', reason: { message: 'gone away' } });
  await t.rejects(batches.ask(4), { message: 'gone away' });
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(asked.length, 1, 'nothing more is asked');
});

t.test('when it is ended from outside nobody waits for an answer that will not come', async (t) => {
  const { batches, batch } = playServer(1);
  const answers = Promise.allSettled([1, 2].map((question) => batches.ask(question)));
  await batch(0);
  batches.fail(new Error('ended'));
  for (const each of await answers) t.match(each, { status: 'rejected', reason: { message: 'ended' } });
});
