#!/usr/bin/perl -w

# $Id: checkout.pl,v 1.26 2005/12/09 22:48:19 tm Exp $
# step=1 address, step=2 please confirm, step=3 order is placed
#
# 2002-11-03 jk  first version
# 2003-12-20 jk  Christmas: stock is taken here, not in the evening any more
# 2005-12-09 tm  the address survives the "back" button (session key "ship")
# TODO transactions. We have InnoDB now. (tm)

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my @FIELDS = ([ 'name', 'Name' ], [ 'address', 'Street' ], [ 'city', 'Town' ], [ 'postcode', 'Postcode' ]);

my $q    = shop_cgi();
my $dbh  = shop_db();
my $s    = shop_session();
my $step = $q->param('step') || 1;
my $cart = $s->param('cart') || {};
my $ship = $s->param('ship') || {};

unless ($s->param('uid')) {
    redirect_to('login.pl?next=checkout.pl');
    exit;
}
if (!%$cart) {
    page_top('Checkout');
    print "<P>Your cart is empty, there is nothing to order.\n";
    page_bottom();
    exit;
}

if ($step eq '2') {
    foreach my $f (@FIELDS) {
        my $v = $q->param($f->[0]);
        $ship->{ $f->[0] } = substr($v, 0, 80) if defined $v;
    }
    $s->param('ship', $ship);
    $step = 1 if grep { !defined $ship->{ $_->[0] } || $ship->{ $_->[0] } eq '' } @FIELDS;
}

if    ($step eq '2') { confirm() }
elsif ($step eq '3') { place() }
else                 { address() }

sub address {
    page_top('Checkout: your address');
    $ship->{name} = $s->param('name') unless defined $ship->{name};
    print "<P>Please fill in all fields.\n<FORM ACTION=\"checkout.pl\" METHOD=\"POST\">
<INPUT TYPE=\"hidden\" NAME=\"step\" VALUE=\"2\"><TABLE BORDER=0>\n";
    foreach my $f (@FIELDS) {
        print "<TR><TD>$f->[1]<TD><INPUT TYPE=\"text\" NAME=\"$f->[0]\" SIZE=40 VALUE=\"", esc($ship->{ $f->[0] }), "\">\n";
    }
    print "</TABLE>\n<INPUT TYPE=\"submit\" VALUE=\"Next\"></FORM>\n";
    page_bottom();
}

sub confirm {
    page_top('Checkout: please confirm');
    print "<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n";
    my $total = 0;
    foreach my $sku (sort { $a <=> $b } keys %$cart) {
        my $r = get_record($sku) or next;
        $total += $r->{price} * $cart->{$sku};
        print '<TR><TD>', esc($cart->{$sku}), '<TD>', esc("$r->{artist}: $r->{title}"), '<TD ALIGN="right">',
              price($r->{price} * $cart->{$sku}), "\n";
    }
    print '<TR><TD COLSPAN=2>Total<TD ALIGN="right"><B>', price($total), "</B>\n</TABLE>\n<P>To:<BR>",
          join('<BR>', map { esc($ship->{ $_->[0] }) } @FIELDS),
          "\n<FORM ACTION=\"checkout.pl\" METHOD=\"POST\"><INPUT TYPE=\"hidden\" NAME=\"step\" VALUE=\"3\">
<INPUT TYPE=\"submit\" VALUE=\"Order now\"></FORM>\n";
    page_bottom();
}

sub place {
    unless (defined $ship->{address}) { address(); return }
    my $total = 0;
    $dbh->do("INSERT INTO orders (user_id, placed, state, name, address, city, postcode, total)
              VALUES (?, NOW(), 'open', ?, ?, ?, ?, 0)", undef,
             $s->param('uid'), map { $ship->{ $_->[0] } } @FIELDS);
    my $id = $dbh->{mysql_insertid};
    foreach my $sku (sort { $a <=> $b } keys %$cart) {
        my $r = get_record($sku) or next;
        my $n = int($cart->{$sku});
        $dbh->do('INSERT INTO order_lines (order_id, sku, qty, price) VALUES (?, ?, ?, ?)', undef,
                 $id, $sku, $n, $r->{price});
        $dbh->do('UPDATE records SET stock = stock - ? WHERE sku = ?', undef, $n, $sku);
        $total += $r->{price} * $n;
    }
    $dbh->do('UPDATE orders SET total = ? WHERE id = ?', undef, sprintf('%.2f', $total), $id);
    $s->clear(['cart']);

    page_top('Thank you');
    print "<P>Your order number is <B>$id</B>, ", price($total), ' in all. ',
          esc(conf('shop_name') || 'We'), " will send it soon.\n";
    page_bottom();
}
