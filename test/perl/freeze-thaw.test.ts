import t from 'tap';
import { freezeThawCodec } from '../../src/perl/freeze-thaw.ts';
import { codecContract } from '../contract/codec.ts';
import { formatCalled } from '../contract/codec-formats.ts';

codecContract(t, formatCalled('freezethaw'));

t.test('lengths of characters are read where lengths of bytes do not fit', async (t) => {
  const like = Buffer.from('FrT;@1|%2|$1|\u263a$2|\u{1f600}x');
  t.same(freezeThawCodec.decode(like), { '\u263a': '\u{1f600}x' });
  t.same(
    freezeThawCodec.encode({ '\u263a': '\u00e9\u{1f600}' }, like),
    Buffer.from('FrT;@1|%2|$1|\u263a$2|\u00e9\u{1f600}'),
  );
});

t.test('what is tied is kept or refused', async (t) => {
  const like = Buffer.from('FrT;@1|%4|$1|a$1|b>>0|$1|C%0|$1|x');
  const data = freezeThawCodec.decode(like);
  t.match(data, { a: { summary: 'blessed C' }, b: 'x' });
  t.same(freezeThawCodec.encode(data, like), like);
  t.throws(() => freezeThawCodec.encode({ ...data, b: 'y' }, like), { code: 'SESSION_UNWRITABLE' });
});

t.test('a count that lies on every level sets nothing aside', async (t) => {
  const before = process.memoryUsage().rss;
  const text = `FrT;@1|%2|$1|a${'@1000000|'.repeat(500)}${'_'.repeat(1_000_000)}`;
  t.throws(() => freezeThawCodec.decode(Buffer.from(text)), { code: 'SESSION_UNREADABLE' });
  t.ok(process.memoryUsage().rss - before < 500 * 2 ** 20, 'all levels would have set 4 GB aside');
});
