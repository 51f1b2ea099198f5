#!/usr/bin/perl -w

# $Id: report.pl,v 1.5 2004/01/08 12:00:41 jk Exp $
# sales by label and month, newest month first. For Pete, once a week.
#   report.pl?rows=10;pause=0.3
# One query per row and a rest between them, or the shop stands still. (jk)

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

$| = 1;

my $q     = shop_cgi();
my $dbh   = shop_db();
my $s     = shop_session();
my $rows  = $q->param('rows');
my $pause = $q->param('pause');
$rows  = 10  unless defined $rows  && $rows  =~ /^\d{1,4}$/;
$pause = 0.3 unless defined $pause && $pause =~ /^\d{0,3}(\.\d+)?$/ && $pause ne '';
$rows  = 60 if $rows > 60;
$pause = 5  if $pause > 5;

my $last = $s->param('last_report');
$s->param('last_report', time);

page_top('Sales by label');
print '<P>Last run: ', scalar localtime($last), "\n" if $last;
print "<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>\n<TR><TH>Month<TH>Label<TH>Records<TH>Sales\n";

my $labels = $dbh->selectall_arrayref('SELECT id, name FROM labels ORDER BY id');
my ($year, $month) = (2003, 12);
my $n = 0;
MONTH: while (@$labels) {
    foreach my $l (@$labels) {
        last MONTH if $n++ >= $rows;
        my ($cnt, $sum) = $dbh->selectrow_array(
            'SELECT SUM(ol.qty), SUM(ol.qty * ol.price)
               FROM orders o, order_lines ol, records r
              WHERE ol.order_id = o.id AND r.sku = ol.sku AND r.label_id = ?
                AND YEAR(o.placed) = ? AND MONTH(o.placed) = ?', undef, $l->[0], $year, $month);
        printf "<TR><TD>%02d/%d<TD>%s<TD ALIGN=\"right\">%d<TD ALIGN=\"right\">%s\n",
               $month, $year, esc($l->[1]), $cnt || 0, price($sum || 0);
        select(undef, undef, undef, $pause);
    }
    ($year, $month) = $month == 1 ? ($year - 1, 12) : ($year, $month - 1);
}
print "</TABLE>\n";
page_bottom();
