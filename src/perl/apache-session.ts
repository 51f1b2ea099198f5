import type { SessionData } from '../session/session.ts';
import type { SessionModule } from '../session/module.ts';
import { hexId, idIn } from './cgi-session.ts';

/**
 * What Apache::Session 1.94 keeps for itself: the id, as a key of the session (perl.md 2). It knows neither time nor
 * cookies; those are the application's.
 */
export const apacheSession: SessionModule = {
  format: 'apache-session',
  isId,
  isHidden: (key) => key === '_session_id',
  idOf: (data) => {
    const id = idIn(data['_session_id']);
    return id !== null && isId(id) ? id : null;
  },
  begin: ({ id }) => Object.assign(Object.create(null) as SessionData, { _session_id: id }),
  renumber: (data, id) => {
    data['_session_id'] = id;
  },
  load: () => 'alive',
  touch: () => undefined,
  setExpiry: () => {
    throw new TypeError('Apache::Session knows no expiry: its sessions end when somebody deletes them');
  },
  cookie: (_, { name, id }) => `${name}=${id}; path=/`,
  newId: hexId,
  ownLockName: (id) => `Apache-Session-${id}`,
};

/** Generate::MD5 dies of any other. */
function isId(id: string): boolean {
  return /^[a-fA-F0-9]+$/.test(id);
}
