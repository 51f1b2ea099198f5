import {
  escapeHtml,
  html,
  perl,
  redirect,
  trustedHtml,
  type Database,
  type Draft,
  type Html,
  type PerlScalar,
  type PortAnswer,
} from 'banyan';

/** What lib/Shop.pm is to the Perl scripts: the session's habits, the page frame, and how a record is looked up. */

/** One record, as the page shows it. DECIMAL columns come as strings, so that no digit is lost. */
export interface ShopRecord {
  readonly sku: number;
  readonly artist: string;
  readonly title: string;
  readonly year: number;
  readonly price: string;
  readonly stock: number;
  readonly label: string | null;
}

const oneDaySeconds = 86_400;

/** Every page of the shop lets the session live another day. */
export function shopSession(session: Draft): Draft {
  session.expire(oneDaySeconds);
  return session;
}

/** Shop.pm's get_record. */
export async function getRecord(db: Database, sku: string | number): Promise<ShopRecord | null> {
  const { rows } = await db.query(
    `SELECT r.sku, r.artist, r.title, r.year, r.price, r.stock, l.name AS label
       FROM records r LEFT JOIN labels l ON l.id = r.label_id
      WHERE r.sku = ?`,
    [sku],
  );
  return (rows[0] as unknown as ShopRecord | undefined) ?? null;
}

/** Shop.pm's esc(), for the `html` tag: by itself that would escape apostrophes, too, and the old pages do not. */
export function esc(text: PerlScalar): Html {
  return trustedHtml(escapeHtml(perl.print(text)));
}

/** Shop.pm's page_top, the body, and page_bottom, with the session's cookie. */
export function page(session: Draft, title: string, body: string | Html, status = 200): PortAnswer {
  const whole = html`${pageTop(title)}${trustedHtml(String(body))}${pageBottom}`;
  return html(whole, { status, cookies: [session.cookie()] });
}

/** Shop.pm's page_top, but for the header. */
export function pageTop(title: string): Html {
  const heading = esc(title);
  return html`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML><HEAD><TITLE>Black Plastic Records: ${heading}</TITLE>
<LINK REL="stylesheet" HREF="/style.css" TYPE="text/css"></HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000" LINK="#990000" VLINK="#663333">
<TABLE WIDTH="100%" BORDER=0 CELLPADDING=4><TR BGCOLOR="#000000">
<TD><A HREF="index.pl"><IMG SRC="/logo.gif" WIDTH=48 HEIGHT=48 BORDER=0 ALT="Black Plastic"></A>
<TD><FONT FACE="Arial,Helvetica" SIZE="+2" COLOR="#FFFFFF">Black Plastic Records</FONT>
<TR BGCOLOR="#CCCCCC"><TD COLSPAN=2><FONT FACE="Arial,Helvetica" SIZE="-1">
<A HREF="index.pl">Home</A> | <A HREF="search.pl">Search</A> | <A HREF="cart.pl?action=show">Cart</A> | <A HREF="account.pl">Your account</A> | <A HREF="go.pl?to=help">Help</A>
</FONT></TABLE>
<H2>${heading}</H2>
`;
}

/** Shop.pm's page_bottom. */
export const pageBottom = html`<HR NOSHADE SIZE=1>
<FONT SIZE="-2">&copy; 2002-2006 Black Plastic Records. Best viewed at 800x600.</FONT>
</BODY></HTML>
`;

/**
 * A 302 as the shop's scripts make it. CGI.pm gives a redirect no Content-Type, and Apache then makes one up of the
 * script's name; nobody reads it, but comparison would tell.
 */
export function redirectTo(location: string, cookies: readonly string[] = []): PortAnswer {
  return redirect(location, { cookies, headers: { 'Content-Type': 'text/x-perl' } });
}

/** Shop.pm's price: the pound sign and two decimals. */
export function price(amount: PerlScalar): string {
  return perl.sprintf('\u00a3%.2f', amount);
}
