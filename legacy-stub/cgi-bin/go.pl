#!/usr/bin/perl -w

# $Id: go.pl,v 1.6 2003/10/10 10:10:10 jk Exp $
# click counter that never counted. Sends people elsewhere:
#   to=label;id=2      our records of that label
#   to=labelsite;id=2  the label's own pages
#   to=help            help.html
#   to=search;q=word   the search page, without the browser noticing
#   to=url;url=http:// anywhere

use strict;
use CGI qw(param redirect);
use CGI::Carp qw(fatalsToBrowser);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Shop;

my $to = param('to') || '';
my $id = param('id');
$id = 0 unless defined $id && $id =~ /^\d{1,6}$/;

if ($to eq 'label') {
    print redirect("/cgi-bin/search.pl?label=$id");
}
elsif ($to eq 'labelsite') {
    my ($url) = shop_db()->selectrow_array('SELECT homepage FROM labels WHERE id = ?', undef, $id);
    print redirect($url || '/cgi-bin/index.pl');
}
elsif ($to eq 'help') {
    print "Location: /help.html\n\n";
}
elsif ($to eq 'search') {
    my $word = param('q');
    print 'Location: /cgi-bin/search.pl?q=', url_esc($word), "\n\n";
}
elsif ($to eq 'url') {
    my $url = param('url') || '';
    $url = '/cgi-bin/index.pl' unless $url =~ m{^https?://[^\s]+$};
    print redirect($url);
}
else {
    print redirect('/cgi-bin/index.pl');
}
