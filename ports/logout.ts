import { definePort } from 'banyan';
import { redirectTo } from './lib/shop.ts';

/** logout.pl: ends the session. The port shows what becomes of row and cookie with `session.remove()`. */
export default definePort(({ session }) => {
  session.remove();
  return redirectTo('/cgi-bin/index.pl', [session.cookie()]);
});
