#!/usr/bin/perl -w

# $Id: view.pl,v 1.14 2004/03/02 10:22:51 jk Exp $
# one record:  view.pl?sku=1001
#
# 2002-09-20 jk  first version
# 2003-06-11 jk  "you recently looked at", Pete saw it at Amazon

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q   = shop_cgi();
my $s   = shop_session();
my $sku = $q->param('sku');

if (!defined $sku || $sku !~ /^\d+$/) {
    page_top('No such page');
    print "<P>Which record? I need its number.\n";
    page_bottom();
    exit;
}

my $rec = get_record($sku);
if (!$rec) {
    page_top('Not found', '404 Not Found');
    print '<P>We have no record number ', esc($sku), ". It may be sold out for good.\n",
          "<P><A HREF=\"search.pl\">Search</A>\n";
    page_bottom();
    exit;
}

# newest first, five at most, the one being looked at is the first
my @seen = grep { $_ != $rec->{sku} } @{ $s->param('seen') || [] };
unshift @seen, $rec->{sku};
splice(@seen, 5) if @seen > 5;
$s->param('seen', [ @seen ]);

page_top("$rec->{artist}: $rec->{title}");

print '<TABLE BORDER=0 CELLPADDING=3>
<TR><TD><B>Artist</B><TD>', esc($rec->{artist}), '
<TR><TD><B>Title</B><TD><I>', esc($rec->{title}), '</I>
<TR><TD><B>Label</B><TD>', esc($rec->{label}), '
<TR><TD><B>Year</B><TD>', esc($rec->{year} || '?'), '
<TR><TD><B>Price</B><TD>', price($rec->{price}), '
<TR><TD><B>Stock</B><TD>', stock_text($rec->{stock}), '
</TABLE>
<FORM ACTION="cart.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="action" VALUE="add">
<INPUT TYPE="hidden" NAME="sku" VALUE="', esc($rec->{sku}), '">
Quantity <INPUT TYPE="text" NAME="qty" SIZE=3 VALUE="1">
<INPUT TYPE="submit" VALUE="Add to cart">
</FORM>
';

shift @seen;    # not the one on this page
if (@seen) {
    print "<H4>You recently looked at</H4>\n<UL>\n";
    foreach my $n (@seen) {
        my $r = get_record($n) or next;
        print '<LI><A HREF="view.pl?sku=', esc($r->{sku}), '">', esc($r->{artist}), ': ',
              esc($r->{title}), '</A> ', price($r->{price}), "\n";
    }
    print "</UL>\n";
}

page_bottom();

sub stock_text {
    my $n = shift;
    return '<FONT COLOR="#CC0000">sold out</FONT>' if $n <= 0;
    return "only $n left" if $n < 3;
    return "$n copies";
}
