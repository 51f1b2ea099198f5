#!/usr/bin/perl -w

# $Id: expire.pl,v 1.4 2005/05/05 05:05:05 tm Exp $
# nightly:  expire.pl [--days N] [--key NAME]
#
# Sessions nobody touched for N days (default 7) lose "seen" and "cart", or only
# the key NAME. --days 0 means all sessions. The sessions table grew to 400 MB
# because of the robots. (tm)

use strict;
use Getopt::Long;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Session;
use Shop;

my ($days, $key) = (7, undef);
GetOptions('days=f' => \$days, 'key=s' => \$key) or die "usage: expire.pl [--days N] [--key NAME]\n";
my @keys = defined $key ? ($key) : qw(seen cart);

my $dbh   = shop_db();
my $limit = time - $days * 86400;
my ($n, $changed, $gone) = (0, 0, 0);

foreach my $row (@{ $dbh->selectall_arrayref('SELECT id, a_session FROM sessions ORDER BY id') }) {
    my ($id, $data) = @$row;
    $n++;
    # load() sets the atime to now, so look for it in the text
    next unless $data =~ /_SESSION_ATIME'? => '?(\d+)/ && $1 <= $limit;
    my $s = CGI::Session->load('driver:mysql', $id, { Handle => $dbh });
    if (!$s) {
        warn "expire.pl: $id: " . (CGI::Session->errstr || 'cannot be read') . "\n";
        next;
    }
    if ($s->is_expired || $s->is_empty) {    # load() has deleted the row
        $gone++;
        next;
    }
    my @have = grep { defined $s->param($_) } @keys;
    $s->clear(\@have) if @have;
    $changed++ if @have;
    $s->flush;
}
print "$n sessions, $changed changed, $gone expired\n";
