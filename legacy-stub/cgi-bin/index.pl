#!/usr/bin/perl -w

# $Id: index.pl,v 1.40 2006/02/14 09:11:02 tm Exp $
# front page

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q   = shop_cgi();
my $dbh = shop_db();
my $s   = shop_session();

my ($d, $m, $y) = (localtime)[3, 4, 5];
my $today = sprintf('%02d.%02d.%d', $d, $m + 1, $y + 1900);    # +1, see the March 2003 desaster

page_top('Welcome');

print '<TABLE WIDTH="100%" BORDER=0><TR><TD><FONT SIZE="-1">', $today, '</FONT><TD ALIGN="right">';
if ($s->param('uid')) {
    print 'Hello ', esc($s->param('name')), '! <A HREF="logout.pl">Log out</A>';
    print ' | <A HREF="office.pl?Action=OrderList">Office</A>' if $s->param('agent');
}
else {
    print '<A HREF="login.pl">Log in</A>';
}

# items in cart
my $items = 0;
my $cart  = $s->param('cart') || {};
$items += $cart->{$_} foreach keys %$cart;
print ' | <A HREF="cart.pl?action=show">Cart (', esc($items), ")</A>\n</TABLE>\n";

print "<H3>New arrivals</H3>\n<TABLE BORDER=0 CELLPADDING=2>\n";
my $sth = $dbh->prepare('SELECT sku, artist, title, price FROM records ORDER BY added DESC, sku DESC LIMIT 8');
$sth->execute;
my $i = 0;
while (my $r = $sth->fetchrow_hashref) {
    my $bg = $i++ % 2 ? '#FFFFFF' : '#EEEEEE';
    print "<TR BGCOLOR=\"$bg\"><TD><A HREF=\"view.pl?sku=$r->{sku}\">", esc($r->{artist}), '</A><TD><I>',
          esc($r->{title}), '</I><TD ALIGN="right">', price($r->{price}), "\n";
}
print "</TABLE>\n<H3>Our labels</H3>\n<P>";
foreach my $l (@{ $dbh->selectall_arrayref('SELECT id, name FROM labels ORDER BY name') }) {
    print '<A HREF="go.pl?to=label;id=', $l->[0], '">', esc($l->[1]), "</A>\n";
}
page_bottom();
