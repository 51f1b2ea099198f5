#!/usr/bin/perl -w

# $Id: nph-stock.pl,v 1.2 2002/12/01 19:00:00 jk Exp $
# stock list for the till in the shop (a DOS program, reads HTTP/1.0, no chunks).
# nph because the till wants to see the lines come in. sku TAB stock TAB price

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Shop;

$| = 1;
binmode STDOUT;

my $rows = shop_db()->selectall_arrayref('SELECT sku, stock, price FROM records ORDER BY sku');
print "HTTP/1.0 200 OK\r\n",
      "Server: till/1.0\r\n",
      "Content-Type: text/plain; charset=ISO-8859-1\r\n",
      "Connection: close\r\n",
      "\r\n";
print join("\t", @$_), "\r\n" foreach @$rows;
