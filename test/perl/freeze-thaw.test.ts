import t from 'tap';
import { freezeThawCodec } from '../../src/perl/freeze-thaw.ts';
import { holdCodec } from './codec-promises.ts';
import { fixturesOf } from './fixtures.ts';

/** Sessions with objects or shared parts can be read and kept, not changed. */
const tied = ['shared', 'selfref', 'blessed', 'overloaded', 'hooked', 'bigint', 'vstring'];
/** Lengths of characters in a text of UTF-8: Perl reads them only after decoding. */
const wide = ['utf8', 'regexp'];

holdCodec(freezeThawCodec, fixturesOf('cgisession-freezethaw'), {
  unreadable: ['top_array'],
  notInThisPerl: wide,
  onlyKept: tied,
  numbersAreText: true,
  bytesOnly: true,
  pieces: ['$', '@', '%', '|', '<0|', '>>0|', ')', '_', '/', '9999999', '1|'],
});

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
