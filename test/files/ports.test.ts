import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fileStore } from '../../src/files/file-store.ts';
import type { SessionFormat } from '../../src/session/module.ts';
import { ports } from '../mysql/use-port.ts';
import { startPerl, type PerlSide } from './perl-side.ts';

// Ports as the port host runs them, on the files of a real CGI::Session 4.48 and Apache::Session 1.94.

function shop(t: Test, format: SessionFormat, serializer: string) {
  const directory = t.testdir();
  const store = fileStore({ format, directory, fileName: null, lockDirectory: directory }, null);
  t.teardown(() => store.close());
  const port = (laterMs = 0) => ports({ store, fence: { kind: 'file' }, format, serializer, laterMs });
  return { directory, port, perl: startPerl(t) };
}

async function cgiSession(perl: PerlSide, directory: string): Promise<string> {
  const id = String(await perl.tell('cgi open', directory, null));
  await perl.tell('cgi set', 'cart', 'apple');
  await perl.tell('cgi flush');
  return id;
}

function fileOf(directory: string, id: string): string {
  return join(directory, `cgisess_${id}`);
}

t.test('a port goes on with a session of CGI::Session, and Perl with the port', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  await port()(id, (session) => session.set('seen', session.get('cart')));
  t.equal(await perl.tell('cgi open', directory, id), id);
  t.equal(await perl.tell('cgi get', 'seen'), 'apple');
});

t.test('a port begins a session where the visitor has none, and Perl goes on with it', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  for (const unknown of [null, '0123456789abcdef0123456789abcdef', '../cgisess_x']) {
    const { id } = await port()(unknown, (session) => session.set('cart', 'fig'));
    t.not(id, unknown);
    t.equal(await perl.tell('cgi open', directory, id), id);
    t.equal(await perl.tell('cgi get', 'cart'), 'fig');
  }
});

t.test('a session that has expired is removed, and a new one begun', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  await port()(id, (session) => session.expire(60));
  t.ok(existsSync(fileOf(directory, id)));
  const next = await port(61_000)(id);
  t.not(next.id, id);
  t.equal(next.get('cart'), null);
  t.same(readdirSync(directory), [`cgisess_${next.id}`]);
});

t.test('a session that gets a new id keeps what it held, and the old one is gone', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  const { id: next } = await port()(id, (session) => session.renew());
  t.not(next, id);
  t.same(readdirSync(directory), [`cgisess_${next}`]);
  t.equal(await perl.tell('cgi open', directory, next), next);
  t.equal(await perl.tell('cgi get', 'cart'), 'apple');
});

t.test('a port that ends the session leaves no file, nor of a visitor who had none', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  await port()(id, (session) => session.remove());
  await port()(null, (session) => session.remove());
  t.same(readdirSync(directory), []);
  t.not(await perl.tell('cgi open', directory, id), id, 'Perl begins another');
});

t.test('a port that fails changes nothing', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  const failing = port()(id, (session) => {
    session.set('cart', 'pear');
    throw new Error('on purpose');
  });
  await t.rejects(failing, { message: 'on purpose' });
  await perl.tell('cgi open', directory, id);
  t.equal(await perl.tell('cgi get', 'cart'), 'apple');
});

t.test('a session that Perl deletes under a port stays deleted, and the port is told', async (t) => {
  const { directory, port, perl } = shop(t, 'cgi-session', 'dumper');
  const id = await cgiSession(perl, directory);
  const path = fileOf(directory, id);
  const working = port()(id, async (session) => {
    session.set('cart', 'pear');
    await perl.tell('remove', path); // CGI::Session's delete asks for no lock
  });
  await t.rejects(working, { code: 'SESSION_STALE' });
  t.notOk(existsSync(path));
});

t.test('a port and Apache::Session go on with sessions of each other', async (t) => {
  const { directory, port, perl } = shop(t, 'apache-session', 'storable');
  const { id } = await port()(null, (session) => session.set('cart', 'fig'));
  t.equal(await perl.tell('apache open', directory, id, 0), id);
  t.equal(await perl.tell('apache get', 'cart'), 'fig');
  await perl.tell('apache set', 'cart', 'plum');
  await perl.tell('apache close');
  t.equal((await port()(id)).get('cart'), 'plum');
});
