#!/usr/bin/perl -w

# $Id: search.pl,v 1.17 2004/11/02 18:30:45 tm Exp $
# search.pl?q=word;page=2     search.pl?label=3

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $PER_PAGE = 10;

my $q    = shop_cgi();
my $dbh  = shop_db();
my $s    = shop_session();
my $word = $q->param('q');
my $lab  = $q->param('label');
my $page = $q->param('page') || 1;
$page = 1 unless $page =~ /^\d{1,4}$/ && $page > 0;
$word = '' unless defined $word;
$lab  = '' unless defined $lab && $lab =~ /^\d{1,6}$/;

page_top('Search');
print '<FORM ACTION="search.pl" METHOD="GET">
Artist or title <INPUT TYPE="text" NAME="q" SIZE=30 VALUE="', esc($word), '">
<INPUT TYPE="submit" VALUE="Search">
</FORM>
';

if ($word eq '' && $lab eq '') {
    page_bottom();
    exit;
}

my ($where, @bind);
if ($lab ne '') {
    $where = 'label_id = ?';
    @bind  = ($lab);
}
else {
    $where = '(artist LIKE ? OR title LIKE ?)';
    @bind  = ("%$word%", "%$word%");
}

my ($hits) = $dbh->selectrow_array("SELECT COUNT(*) FROM records WHERE $where", undef, @bind);

# Pete wants to know what people look for (jk 2003-05-02)
$dbh->do('INSERT INTO searchlog (at, q, hits, remote) VALUES (NOW(), ?, ?, ?)', undef,
         substr($lab ne '' ? "label $lab" : $word, 0, 200), $hits, $ENV{REMOTE_ADDR} || '');

if (!$hits) {
    print "<P>Nothing found for <B>$word</B>. Try less letters.\n";
    page_bottom();
    exit;
}

my $pages = int(($hits + $PER_PAGE - 1) / $PER_PAGE);
$page = $pages if $page > $pages;
print "<P>$hits found, page $page of $pages\n<OL START=", ($page - 1) * $PER_PAGE + 1, ">\n";
my $from = ($page - 1) * $PER_PAGE;
my $rows = $dbh->selectall_arrayref("SELECT sku, artist, title, price FROM records WHERE $where
                                     ORDER BY artist, title, sku LIMIT $from, $PER_PAGE", { Slice => {} }, @bind);
foreach my $r (@$rows) {
    print "<LI><A HREF=\"view.pl?sku=$r->{sku}\">", esc($r->{artist}), ': ', esc($r->{title}), '</A> ',
          price($r->{price}), "\n";
}
print "</OL>\n<P>";
my $self = 'search.pl?' . ($lab ne '' ? "label=$lab" : 'q=' . url_esc($word));
print "<A HREF=\"$self;page=", $page - 1, '">&lt;&lt; back</A> ' if $page > 1;
print "<A HREF=\"$self;page=", $page + 1, '">more &gt;&gt;</A>' if $page < $pages;
print "\n";
page_bottom();
