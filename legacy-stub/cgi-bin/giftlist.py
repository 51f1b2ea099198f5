#!/usr/bin/python3
# Printable gift list of what is in the visitor's cart.
# 2005-11-25 sv  first version. I do not do Perl, so it asks cart.pl by HTTP
#                and picks the lines out of the page.
# 2006-01-09 sv  15 seconds, then give up

import os
import re
import sys
import urllib.request

LINE = re.compile(rb'<TR><TD>(\d+)<TD><A HREF="view\.pl\?sku=\d+">(.*?)</A>.*?'
                  rb'<INPUT TYPE="text" NAME="qty_\d+" SIZE=3 VALUE="(.*?)">', re.S)


def out(status, ctype, body):
    sys.stdout.buffer.write(b'Status: ' + status + b'\nContent-Type: ' + ctype + b'; charset=ISO-8859-1\n\n' + body)


def main():
    host = os.environ.get('HTTP_HOST') or '%s:%s' % (os.environ['SERVER_NAME'], os.environ['SERVER_PORT'])
    req = urllib.request.Request('http://%s/cgi-bin/cart.pl?action=show' % host)
    if os.environ.get('HTTP_COOKIE'):
        req.add_header('Cookie', os.environ['HTTP_COOKIE'])
    try:
        # no proxy, the web server of the provider knows one that nobody else does
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = opener.open(req, timeout=15).read()
    except Exception as e:
        sys.stderr.write('giftlist.py: cart.pl: %s\n' % e)
        out(b'502 Bad Gateway', b'text/plain', b'The cart does not answer. Please try again later.\n')
        return
    rows = b''.join(b'<LI>' + qty + b' x ' + what + b'\n' for sku, what, qty in LINE.findall(page))
    out(b'200 OK', b'text/html',
        b'<HTML><HEAD><TITLE>Gift list</TITLE></HEAD><BODY>\n<H1>My wishes</H1>\n'
        + (b'<UL>\n' + rows + b'</UL>\n' if rows else b'<P>Nothing yet.\n')
        + b'<P>from Black Plastic Records\n</BODY></HTML>\n')


main()
