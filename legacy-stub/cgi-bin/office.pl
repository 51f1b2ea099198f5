#!/usr/bin/perl -w

# $Id: office.pl,v 1.19 2006/01/30 08:44:27 tm Exp $
# back office
#   office.pl?Action=OrderList
#   office.pl?Action=OrderZoom;OrderID=3
#   office.pl?Action=OrderClose;OrderID=3              asks
#   office.pl?Action=OrderClose;Subaction=Do;OrderID=3 does it
#   office.pl?Action=StockList                         ;Subaction=Low  3 or less
# (the help desk program works like this, I liked it. tm 2004-09-01)

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q   = shop_cgi();
my $dbh = shop_db();
my $s   = shop_session();

if (!$s->param('agent')) {
    redirect_to('login.pl?next=office.pl');
    exit;
}

my $action = $q->param('Action')    || 'OrderList';
my $sub    = $q->param('Subaction') || '';
my $id     = $q->param('OrderID');
$id = 0 unless defined $id && $id =~ /^\d{1,9}$/;

my %ACTION = (
    OrderList  => \&order_list,
    OrderZoom  => \&order_zoom,
    OrderClose => \&order_close,
    StockList  => \&stock_list,
);
if (my $code = $ACTION{$action}) { $code->() }
else                             { office_top('Error'); print '<P>No action ', esc($action), ".\n" }
page_bottom();

sub office_top {
    page_top((conf('shop_name') || 'Office') . ' - ' . shift);
    print '<P><A HREF="office.pl?Action=OrderList">Orders</A> | <A HREF="office.pl?Action=OrderList;Subaction=All">All orders</A> |
<A HREF="office.pl?Action=StockList">Stock</A> | <A HREF="office.pl?Action=StockList;Subaction=Low">Low stock</A>
';
}

sub order_list {
    office_top('Orders');
    my $where = $sub eq 'All' ? '' : "WHERE state = 'open'";
    print "<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n";
    my $sth = $dbh->prepare("SELECT id, placed, name, total, state FROM orders $where ORDER BY id DESC");
    $sth->execute;
    while (my $o = $sth->fetchrow_hashref) {
        print "<TR><TD><A HREF=\"office.pl?Action=OrderZoom;OrderID=$o->{id}\">$o->{id}</A><TD>$o->{placed}<TD>",
              esc($o->{name}), '<TD ALIGN="right">', price($o->{total}), "<TD>$o->{state}\n";
    }
    print "</TABLE>\n";
}

sub find_order {
    my $o = $dbh->selectrow_hashref('SELECT * FROM orders WHERE id = ?', undef, $id);
    print '<P>There is no order ', esc($id), ".\n" unless $o;
    return $o;
}

sub order_zoom {
    office_top('Order');
    my $o = find_order() or return;
    print "<P>Order <B>$o->{id}</B>, $o->{placed}, $o->{state}<BR>\n",
          join('<BR>', map { esc($o->{$_}) } qw(name address city postcode)),
          "\n<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n";
    my $lines = $dbh->selectall_arrayref('SELECT l.sku, l.qty, l.price, r.artist, r.title
        FROM order_lines l LEFT JOIN records r ON r.sku = l.sku WHERE l.order_id = ? ORDER BY l.sku', { Slice => {} }, $id);
    foreach my $l (@$lines) {
        print "<TR><TD>$l->{qty}<TD>$l->{sku}<TD>", esc($l->{artist}), ': ', esc($l->{title}),
              '<TD ALIGN="right">', price($l->{price} * $l->{qty}), "\n";
    }
    print '<TR><TD COLSPAN=3>Total<TD ALIGN="right">', price($o->{total}), "\n</TABLE>\n";
    print "<P><A HREF=\"office.pl?Action=OrderClose;OrderID=$id\">Close</A>\n" if $o->{state} eq 'open';
}

sub order_close {
    office_top('Close order');
    my $o = find_order() or return;
    if ($sub eq 'Do') {
        $dbh->do("UPDATE orders SET state = 'closed' WHERE id = ?", undef, $id);
        print "<P>Order <B>$id</B> is closed.\n";
    }
    else {
        print "<P>Close order <B>$id</B>? <A HREF=\"office.pl?Action=OrderClose;Subaction=Do;OrderID=$id\">Yes</A>\n";
    }
}

sub stock_list {
    office_top('Stock');
    my $where = $sub eq 'Low' ? 'WHERE stock <= 3' : '';
    print "<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n";
    foreach my $r (@{ $dbh->selectall_arrayref("SELECT sku, artist, title, stock FROM records $where ORDER BY sku", { Slice => {} }) }) {
        print "<TR><TD>$r->{sku}<TD>", esc("$r->{artist}: $r->{title}"), "<TD ALIGN=\"right\">$r->{stock}\n";
    }
    print "</TABLE>\n";
}
