import fc from 'fast-check';
import t from 'tap';
import { readSession, sessionHeaders } from '../../src/porting/wire.ts';

const session = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));

t.test('what a host says of a session is what the gateway reads', async (t) => {
  fc.assert(
    fc.property(session, session, (before, after) => {
      t.same(readSession(sessionHeaders({ before, after })), { before, after });
    }),
  );
});

t.test('a session that was left as it was found is sent once', async (t) => {
  const bytes = Buffer.from('a session');
  const [, value] = sessionHeaders({ before: bytes, after: Buffer.from(bytes) });
  t.equal(value, `:${bytes.toString('base64')} =`);
  t.same(readSession(['banyan-session', String(value)]), { before: bytes, after: bytes });
  t.same(readSession(sessionHeaders({ before: null, after: null })), { before: null, after: null });
});

t.test('an empty row is not one that is missing', async (t) => {
  const said = { before: Buffer.alloc(0), after: null };
  const [name, value] = sessionHeaders(said);
  t.same(readSession([String(name), String(value).trim()]), said, 'also where HTTP takes blanks off');
});

t.test('of sessions that are too large nothing is said, so that somebody looks', async (t) => {
  const large = Buffer.alloc(200 * 1024);
  t.same(sessionHeaders({ before: large, after: large }), []);
  t.equal(readSession([]), undefined);
});
