#!/usr/bin/perl -w

# $Id: cart.pl,v 1.22 2005/01/18 21:07:33 tm Exp $
# the shopping cart
#
#   cart.pl?action=show
#   cart.pl?action=add;sku=1001;qty=2       (also POST, from view.pl)
#   cart.pl?action=remove;sku=1001
#   POST action=update qty_1001=2 ...       0 takes the record out
#
# 2002-09-28 jk  first version
# 2003-02-03 jk  cart is in the session now:  { sku => quantity }
# 2005-01-18 tm  shows when we have less than the customer wants

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q      = shop_cgi();
my $s      = shop_session();
my $cart   = $s->param('cart') || {};
my $action = $q->param('action') || 'show';
my $sku    = $q->param('sku');
my $msg    = '';

if ($action eq 'add') {
    my $qty = $q->param('qty') || 1;
    my $rec = defined $sku && $sku =~ /^\d+$/ ? get_record($sku) : undef;
    if ($rec) {
        my $n = $rec->{sku};
        $cart->{$n} += $qty;
        delete $cart->{$n} unless $cart->{$n};
        $msg = "In your cart now: $rec->{artist}: $rec->{title}";
    }
    else {
        $msg = 'We have no such record.';
    }
}
elsif ($action eq 'remove') {
    if (defined $sku && exists $cart->{$sku}) {
        delete $cart->{$sku};
        $msg = 'Taken out of your cart.';
    }
    else {
        $msg = 'That record is not in your cart.';
    }
}
elsif ($action eq 'update') {
    foreach my $n (keys %$cart) {
        my $qty = $q->param("qty_$n");
        next unless defined $qty;
        if ($qty) { $cart->{$n} = $qty }
        else      { delete $cart->{$n} }
    }
    $msg = 'Cart updated.';
}
$s->param('cart', $cart) unless $action eq 'show';

page_top('Your cart');
print '<P><FONT COLOR="#006600">', esc($msg), "</FONT>\n" if $msg;

if (!%$cart) {
    print "<P>Your cart is empty.\n<P><B>Items: 0</B>\n";
    page_bottom();
    exit;
}

print '<FORM ACTION="cart.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="action" VALUE="update">
<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>
<TR BGCOLOR="#CCCCCC"><TH>No.<TH>Record<TH>Price<TH>Qty<TH>Sum<TH>&nbsp;
';

my ($items, $total) = (0, 0);
foreach my $n (sort { $a <=> $b } keys %$cart) {
    my $qty = $cart->{$n};
    my $rec = get_record($n);
    $items += $qty;
    print '<TR><TD>', esc($n), '<TD>';
    if ($rec) {
        my $sum = $rec->{price} * $qty;
        $total += $sum;
        print '<A HREF="view.pl?sku=', esc($n), '">', esc($rec->{artist}), ': ', esc($rec->{title}), '</A>';
        print ' <FONT SIZE="-1" COLOR="#CC0000">(we have ', esc($rec->{stock}), ')</FONT>'
            if $rec->{stock} < $qty;
        print '<TD ALIGN="right">', price($rec->{price});
        print '<TD><INPUT TYPE="text" NAME="qty_', esc($n), '" SIZE=3 VALUE="', esc($qty), '">';
        print '<TD ALIGN="right">', price($sum);
    }
    else {
        print '<I>no longer available</I><TD>&nbsp;<TD>', esc($qty), '<TD>&nbsp;';
    }
    print '<TD><A HREF="cart.pl?action=remove;sku=', esc($n), "\">remove</A>\n";
}

print '<TR><TD COLSPAN=4 ALIGN="right"><B>Total</B><TD ALIGN="right"><B>', price($total), '</B><TD>&nbsp;
</TABLE>
<P><B>Items: ', esc($items), '</B>
<P><INPUT TYPE="submit" VALUE="Update quantities">
</FORM>
<P><A HREF="checkout.pl">Checkout</A> | <A HREF="giftlist.py">Print as gift list</A>
';
page_bottom();
