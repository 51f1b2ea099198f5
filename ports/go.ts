import { definePort, perl } from 'banyan';
import { redirectTo } from './lib/shop.ts';

/** What CGI.pm or Apache would not send on as it is: a control character, or an `&`, since CGI.pm decodes HTML entities. */
const isOdd = (location: string): boolean => /[\0-\x20&\x7f]/.test(location);

/**
 * go.pl: sends people elsewhere. The port answers with the redirects that a browser sees, and leaves to the old script
 * what only a CGI script can do, and what is too rare to be rebuilt: `legacy()` for both.
 *
 * For `to=help` and `to=search` the script says `Location: /help.html` without a status, and the web server then serves
 * that page under the same address. It reads no session; its route says `session: none`.
 */
export default definePort(async ({ param, db, legacy }) => {
  const to = param('to');
  if (to === 'help' || to === 'search') return legacy();
  const moved = (location: string) => (isOdd(location) ? legacy() : redirectTo(location));

  const typed = param('id');
  const id = typed !== null && /^\d{1,6}\n?$/.test(typed) ? typed : '0';
  if (to === 'label') return moved(`/cgi-bin/search.pl?label=${id}`);
  if (to === 'labelsite') {
    const { rows } = await db.query('SELECT homepage FROM labels WHERE id = ?', [id]);
    const homepage = rows[0]?.['homepage'];
    return moved(typeof homepage === 'string' && perl.isTrue(homepage) ? homepage : '/cgi-bin/index.pl');
  }
  const url = param('url') ?? '';
  // Perl's \s: in JavaScript it takes the hard space of latin-1, too.
  const isUrl = to === 'url' && /^https?:\/\/[^ \t\n\r\f\v]+\n?$/.test(url);
  return isUrl ? moved(url) : redirectTo('/cgi-bin/index.pl');
});
