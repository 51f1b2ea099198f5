import t from 'tap';
import { passedSockets } from '../../src/cli/passed-sockets.ts';

const none = { visitors: null, admin: null };

t.test('sockets are taken in their order', async (t) => {
  t.same(passedSockets({ LISTEN_PID: '7', LISTEN_FDS: '1' }, 7), { visitors: 3, admin: null });
  t.same(passedSockets({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7), { visitors: 3, admin: 4 });
});

t.test('or by their names, where they have ours', async (t) => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '2' };
  t.same(passedSockets({ ...env, LISTEN_FDNAMES: 'admin:visitors' }, 7), { visitors: 4, admin: 3 });
  t.same(passedSockets({ ...env, LISTEN_FDNAMES: 'banyan.socket:banyan.socket' }, 7), {
    visitors: 3,
    admin: 4,
  });
  t.same(passedSockets({ ...env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'admin' }, 7), {
    visitors: null,
    admin: 3,
  });
});

t.test('none are taken that were meant for another process, or that nobody can count', async (t) => {
  t.same(passedSockets({}, 7), none);
  t.same(passedSockets({ LISTEN_FDS: '2' }, 7), none);
  t.same(passedSockets({ LISTEN_PID: '6', LISTEN_FDS: '2' }, 7), none);
  t.same(passedSockets({ LISTEN_PID: '7', LISTEN_FDS: '-1' }, 7), none);
});
