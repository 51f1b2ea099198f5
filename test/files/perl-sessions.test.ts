import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fileStore } from '../../src/files/file-store.ts';
import type { SessionFolder } from '../../src/files/session-folder.ts';
import { codecCalled } from '../../src/perl/formats.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { Fence } from '../../src/session/lock.ts';
import type { SessionData } from '../../src/session/session.ts';
import type { SessionStore, Transaction } from '../../src/session/store.ts';
import { startPerl, untilWaitedFor, type PerlSide } from './perl-side.ts';

// Both sides on the same files: a real Perl with CGI::Session 4.48 and Apache::Session 1.94, and our transactions.

const fence: Fence = { kind: 'file' };

interface Shop {
  readonly directory: string;
  readonly perl: PerlSide;
  readonly store: SessionStore;
}

function shop(t: Test, format: SessionFolder['format']): Shop {
  const directory = t.testdir();
  const store = fileStore({ format, directory, fileName: null, lockDirectory: directory }, null);
  t.teardown(() => store.close());
  return { directory, perl: startPerl(t), store };
}

/** Opens a session for writing and sets a key; the caller ends the transaction. */
async function change(
  store: SessionStore,
  codec: SessionCodec,
  id: string,
  more: SessionData,
): Promise<Transaction> {
  const transaction = await store.begin();
  const loaded = await transaction.loadSession(id, true);
  if (loaded === null) throw new Error('there is no such session');
  await transaction.saveSession(id, codec.encode({ ...codec.decode(loaded), ...more }, loaded), fence);
  return transaction;
}

async function newCgiSession({ perl, directory }: Shop, serializer = 'default'): Promise<string> {
  const id = String(await perl.tell('cgi open', directory, null, serializer));
  await perl.tell('cgi set', 'cart', 'apple');
  await perl.tell('cgi flush');
  return id;
}

async function newApacheSession({ perl, directory }: Shop): Promise<string> {
  const id = String(await perl.tell('apache open', directory, null, 0));
  await perl.tell('apache set', 'cart', 'apple');
  await perl.tell('apache close');
  return id;
}

for (const [serializer, codecName] of [
  ['default', 'dumper'],
  ['storable', 'storable-native'],
] as const) {
  t.test(`CGI::Session with serializer:${serializer} and a port read what the other wrote`, async (t) => {
    const codec = codecCalled(codecName);
    const here = shop(t, 'cgi-session');
    const { perl, directory, store } = here;
    const id = await newCgiSession(here, serializer);
    const transaction = await change(store, codec, id, { seen: 'yes' });
    await transaction.commit();
    t.equal(await perl.tell('cgi open', directory, id, serializer), id);
    t.equal(await perl.tell('cgi get', 'cart'), 'apple');
    t.equal(await perl.tell('cgi get', 'seen'), 'yes');
    await perl.tell('cgi set', 'cart', 'pear');
    await perl.tell('cgi flush');
    const next = await store.begin();
    const loaded = await next.loadSession(id, true);
    t.match(codec.decode(loaded as Buffer), { cart: 'pear', seen: 'yes' });
    await next.rollBack();
  });
}

t.test('CGI::Session and a port take new sessions from each other', async (t) => {
  const codec = codecCalled('dumper');
  const { perl, directory, store } = shop(t, 'cgi-session');
  const id = '0123456789abcdef0123456789abcdef';
  const now = Math.floor(Date.now() / 1000);
  const transaction = await store.begin();
  const data = {
    _SESSION_ID: id,
    _SESSION_CTIME: now,
    _SESSION_ATIME: now,
    _SESSION_REMOTE_ADDR: '',
    cart: 'fig',
  };
  await transaction.addSession(id, codec.encode(data, null));
  await transaction.commit();
  t.equal(await perl.tell('cgi open', directory, id), id);
  t.equal(await perl.tell('cgi get', 'cart'), 'fig');
});

t.test('CGI::Session waits until a port has committed, and reads what it wrote', async (t) => {
  const here = shop(t, 'cgi-session');
  const { perl, directory, store } = here;
  const id = await newCgiSession(here);
  const transaction = await change(store, codecCalled('dumper'), id, { cart: 'pear' });
  const opening = perl.tell('cgi open', directory, id);
  await untilWaitedFor(join(directory, `cgisess_${id}`));
  await transaction.commit();
  t.equal(await opening, id);
  t.equal(await perl.tell('cgi get', 'cart'), 'pear');
});

t.test('CGI::Session that wants to write waits for a port, and a port for it', async (t) => {
  const here = shop(t, 'cgi-session');
  const { perl, directory, store } = here;
  const id = await newCgiSession(here);
  const path = join(directory, `cgisess_${id}`);
  await perl.tell('cgi open', directory, id);
  await perl.tell('cgi set', 'cart', 'plum');
  const transaction = await store.begin();
  await transaction.loadSession(id, true);
  const flushing = perl.tell('cgi flush');
  await untilWaitedFor(path);
  await transaction.rollBack();
  await flushing;

  const other = startPerl(t);
  await other.tell('lock', path, 'sh'); // as CGI::Session has it while it reads
  const loading = store.begin().then((next) => next.loadSession(id, true));
  await untilWaitedFor(path);
  await other.tell('unlock');
  t.match(codecCalled('dumper').decode((await loading) as Buffer), { cart: 'plum' });
});

t.test('a session that CGI::Session deletes while a port waits for it is gone for the port', async (t) => {
  const here = shop(t, 'cgi-session');
  const { perl, directory, store } = here;
  const id = await newCgiSession(here);
  const path = join(directory, `cgisess_${id}`);
  await perl.tell('lock', path, 'ex');
  const transaction = await store.begin();
  const loading = transaction.loadSession(id, true);
  await untilWaitedFor(path);
  await perl.tell('remove', path);
  await perl.tell('unlock');
  t.equal(await loading, null);
  await transaction.rollBack();
  t.notOk(existsSync(path));
});

t.test(
  'a file that was removed and made again while a port waited is locked as the new one it is',
  async (t) => {
    const here = shop(t, 'cgi-session');
    const { perl, directory, store } = here;
    const id = await newCgiSession(here);
    const path = join(directory, `cgisess_${id}`);
    await perl.tell('lock', path, 'ex');
    const transaction = await store.begin();
    const loading = transaction.loadSession(id, true);
    await untilWaitedFor(path);
    await perl.tell('remove', path);
    await perl.tell('make', path, 'the new one');
    await perl.tell('unlock');
    t.equal(String(await loading), 'the new one');
    const locking = perl.tell('lock', path, 'ex');
    await untilWaitedFor(path);
    await transaction.rollBack();
    await locking;
  },
);

t.test('a logout in CGI::Session in the middle of a port is not undone by the port', async (t) => {
  const here = shop(t, 'cgi-session');
  const { perl, directory, store } = here;
  const id = await newCgiSession(here);
  await perl.tell('cgi open', directory, id);
  const transaction = await change(store, codecCalled('dumper'), id, { cart: 'pear' });
  await perl.tell('cgi delete'); // unlink asks for no lock
  t.throws(() => transaction.mustBeOpen(), { code: 'SESSION_STALE' });
  await transaction.rollBack();
  t.notOk(existsSync(join(directory, `cgisess_${id}`)));
});

for (const codecName of ['storable']) {
  t.test(`Apache::Session::File and a port read what the other wrote`, async (t) => {
    const codec = codecCalled(codecName);
    const here = shop(t, 'apache-session');
    const { perl, directory, store } = here;
    const id = await newApacheSession(here);
    const transaction = await change(store, codec, id, { seen: 'yes' });
    await transaction.commit();
    t.equal(await perl.tell('apache open', directory, id, 0), id);
    t.equal(await perl.tell('apache get', 'cart'), 'apple');
    t.equal(await perl.tell('apache get', 'seen'), 'yes');
    await perl.tell('apache set', 'cart', 'pear');
    await perl.tell('apache close');
    const next = await store.begin();
    t.match(codec.decode((await next.loadSession(id, true)) as Buffer), { cart: 'pear', seen: 'yes' });
    await next.rollBack();
  });
}

for (const transactional of [0, 1]) {
  t.test(`Apache::Session with Transaction => ${transactional} and a port wait for each other`, async (t) => {
    const codec = codecCalled('storable');
    const here = shop(t, 'apache-session');
    const { perl, directory, store } = here;
    const id = await newApacheSession(here);
    const lockPath = join(directory, `Apache-Session-${id}.lock`);

    await perl.tell('apache open', directory, id, transactional);
    await perl.tell('apache set', 'cart', 'plum');
    const changing = change(store, codec, id, { seen: 'yes' });
    await untilWaitedFor(lockPath);
    await perl.tell('apache close');
    const transaction = await changing;

    const opening = perl.tell('apache open', directory, id, transactional);
    await untilWaitedFor(lockPath);
    await transaction.commit();
    t.equal(await opening, id);
    t.equal(await perl.tell('apache get', 'cart'), 'plum', 'nothing was lost of either');
    t.equal(await perl.tell('apache get', 'seen'), 'yes');
  });
}

t.test('a lock file of Apache::Session that is not there is made, and Perl can use it', async (t) => {
  const here = shop(t, 'apache-session');
  const { perl, directory, store } = here;
  const id = await newApacheSession(here);
  const lockPath = join(directory, `Apache-Session-${id}.lock`);
  await perl.tell('remove', lockPath);
  const transaction = await store.begin();
  await transaction.loadSession(id, true);
  t.equal(statSync(lockPath).mode & 0o777, 0o666 & ~process.umask());
  const opening = perl.tell('apache open', directory, id, 1);
  await untilWaitedFor(lockPath);
  await transaction.rollBack();
  await opening;
});

t.test('a session that Apache::Session deleted is not made again by a port', async (t) => {
  const here = shop(t, 'apache-session');
  const { perl, directory, store } = here;
  const id = await newApacheSession(here);
  await perl.tell('apache open', directory, id, 1);
  const transaction = await store.begin();
  const loading = transaction.loadSession(id, true);
  await untilWaitedFor(join(directory, `Apache-Session-${id}.lock`));
  await perl.tell('apache delete');
  t.equal(await loading, null);
  await transaction.commit();
  t.notOk(existsSync(join(directory, id)));
  t.same(
    readdirSync(directory).filter((name) => !name.endsWith('.lock')),
    [],
  );
});

t.test('who only reads waits for no script of Apache::Session', async (t) => {
  const here = shop(t, 'apache-session');
  const { perl, directory, store } = here;
  const id = await newApacheSession(here);
  const before = readFileSync(join(directory, id));
  await perl.tell('apache open', directory, id, 1);
  await perl.tell('apache set', 'cart', 'plum');
  const transaction = await store.begin();
  t.same(await transaction.loadSession(id, false), before);
  await perl.tell('apache close');
  t.match(codecCalled('storable').decode((await transaction.loadSession(id, false)) as Buffer), {
    cart: 'plum',
  });
  await transaction.rollBack();
});
