#!/usr/bin/python3
"""Two pages of the record shop, as a port host in Python: what you would write yourself.

    BANYAN_SESSIONS='mysql://shop:…@127.0.0.1/shop?table=sessions' python3 shop.py /run/banyan/ports.sock

They are found by the names of their routes in routes.yaml:

    ports: { url: unix:/run/banyan/ports.sock }
    routes:
      giftlist.py: { to: port, session: read }
      wish.pl: port
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Optional

from perl_session import Value
from port_database import Database, Problem, Store
from port_host import Answer, PortHost, Request, html

COOKIE = "CGISESSID"
ONE_DAY = 86_400


def giftlist(request: Request) -> Answer:
    """giftlist.py: what is in the visitor's cart, to print. It only looks, so its route says `session: read`."""
    # The script asks as the visitor, with his cookie; an id that he has put into the address it does not hand on.
    cart = request.session.get("cart") or {} if request.cookie(COOKIE) is not None else {}
    if type(cart) is not dict or any(type(quantity) not in (int, str) for quantity in cart.values()):
        raise Problem("SESSION_UNREADABLE", "the cart is nothing that this page knows")
    wishes = []
    for sku, quantity in sorted(cart.items(), key=lambda line: int(line[0])):
        record = get_record(request.database, sku)
        if record is not None:
            wishes.append(f"<LI>{esc(quantity)} x {esc(record['artist'])}: {esc(record['title'])}\n")
    listed = "<UL>\n" + "".join(wishes) + "</UL>\n" if wishes else "<P>Nothing yet.\n"
    return html(
        "<HTML><HEAD><TITLE>Gift list</TITLE></HEAD><BODY>\n<H1>My wishes</H1>\n"
        f"{listed}<P>from Black Plastic Records\n</BODY></HTML>\n"
    )


def wish(request: Request) -> Answer:
    """wish.pl?sku=1001: puts a record on the list in the visitor's session, and into a table that the office reads."""
    session, database = request.session, request.database
    session.expire(ONE_DAY)
    wishes = session.get("wishes") or []
    if type(wishes) is not list or any(type(sku) not in (int, str) for sku in wishes):
        raise Problem("SESSION_UNREADABLE", "the wishes are nothing that this page knows")
    sku = request.param("sku")
    record = get_record(database, sku) if sku is not None and re.fullmatch("[0-9]+\n?", sku) else None
    if record is not None and record["sku"] not in [int(each) for each in wishes]:
        wishes = [*wishes, record["sku"]]
        session.set("wishes", wishes)
        database.query("INSERT INTO wishes (sku, wished) VALUES (%s, NOW())", (record["sku"],))
    lines = ["<OL>\n"]
    for each in wishes:
        wished = get_record(database, each)
        if wished is not None:
            lines.append(f"<LI>{esc(wished['artist'])}: {esc(wished['title'])} \xa3{wished['price']:.2f}\n")
    return page(request, "Your wishes", "".join(lines) + "</OL>\n")


def get_record(database: Database, sku: Value) -> Optional[dict[str, Any]]:
    """Shop.pm's get_record."""
    rows = database.query("SELECT sku, artist, title, price FROM records WHERE sku = %s", (sku,))
    return rows[0] if rows else None


def esc(text: Value) -> str:
    """Shop.pm's esc: apostrophes stay."""
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace('"', "&quot;")


def page(request: Request, title: str, body: str) -> Answer:
    """Shop.pm's page_top, the body, and page_bottom, with the session's cookie."""
    return html(
        f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML><HEAD><TITLE>Black Plastic Records: {esc(title)}</TITLE>
<LINK REL="stylesheet" HREF="/style.css" TYPE="text/css"></HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000" LINK="#990000" VLINK="#663333">
<TABLE WIDTH="100%" BORDER=0 CELLPADDING=4><TR BGCOLOR="#000000">
<TD><A HREF="index.pl"><IMG SRC="/logo.gif" WIDTH=48 HEIGHT=48 BORDER=0 ALT="Black Plastic"></A>
<TD><FONT FACE="Arial,Helvetica" SIZE="+2" COLOR="#FFFFFF">Black Plastic Records</FONT>
<TR BGCOLOR="#CCCCCC"><TD COLSPAN=2><FONT FACE="Arial,Helvetica" SIZE="-1">
<A HREF="index.pl">Home</A> | <A HREF="search.pl">Search</A> | <A HREF="cart.pl?action=show">Cart</A> | \
<A HREF="account.pl">Your account</A> | <A HREF="go.pl?to=help">Help</A>
</FONT></TABLE>
<H2>{esc(title)}</H2>
{body}<HR NOSHADE SIZE=1>
<FONT SIZE="-2">&copy; 2002-2006 Black Plastic Records. Best viewed at 800x600.</FONT>
</BODY></HTML>
""",
        cookies=(request.session.cookie(COOKIE),),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or "BANYAN_SESSIONS" not in os.environ:
        sys.exit("usage: BANYAN_SESSIONS=mysql://… shop.py /path/of/the/socket")
    PortHost(sys.argv[1], Store(os.environ["BANYAN_SESSIONS"]), {"giftlist": giftlist, "wish": wish}).run()
