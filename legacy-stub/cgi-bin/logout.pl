#!/usr/bin/perl -w

# $Id: logout.pl,v 1.3 2003/02/03 20:15:00 jk Exp $

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $cookie = drop_session();
redirect_to('index.pl', $cookie);
