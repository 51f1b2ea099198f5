package Shop;

# $Id: Shop.pm,v 1.31 2005/11/07 16:40:12 tm Exp $
#
# Things every page needs: configuration, database, session, page frame.
#
# 2002-09-14 jk  first version, everything was in index.pl before
# 2003-02-03 jk  sessions moved from files to MySQL
# 2004-10-30 tm  MySQL 4.1
# 2005-11-07 tm  session is written before the handle goes away, see END

use strict;
use FindBin;
use CGI;
use CGI::Session;
use DBI;

use vars qw(@ISA @EXPORT $VERSION);
require Exporter;
@ISA     = qw(Exporter);
@EXPORT  = qw(conf shop_cgi shop_db shop_session session_cookie renew_session
              drop_session esc url_esc price page_top page_bottom redirect_to
              get_record);
$VERSION = '1.31';

my (%conf, $q, $dbh, $session);

# ---------------------------------------------------------------- config

# key = value, # for comments. Passwords live there and nowhere else (jk)
sub conf {
    my $key = shift;
    unless (%conf) {
        my $file = $ENV{SHOP_CONF} || "$FindBin::Bin/../conf/shop.conf";
        open(CONF, "< $file") or die "cannot read $file: $!\n";
        while (<CONF>) {
            s/[\r\n]+$//;
            next if /^\s*(#|$)/;
            $conf{$1} = $2 if /^\s*(\w+)\s*=\s*(.*?)\s*$/;
        }
        close(CONF);
    }
    return $conf{$key};
}

# ---------------------------------------------------------------- handles

sub shop_cgi {
    $CGI::POST_MAX = 2 * 1024 * 1024;
    $q ||= new CGI;
    return $q;
}

sub shop_db {
    return $dbh if $dbh;
    $dbh = DBI->connect(conf('db_dsn'), conf('db_user'), conf('db_password'),
                        { RaiseError => 1, PrintError => 0, AutoCommit => 1 });
    # the MySQL 4.1 upgrade broke the umlauts. This is the cure. (tm 2004-10-30)
    $dbh->do('SET NAMES latin1');
    return $dbh;
}

# ---------------------------------------------------------------- session

sub shop_session {
    return $session if $session;
    $session = CGI::Session->new('driver:mysql', shop_cgi(), { Handle => shop_db() })
        or die 'session: ' . (CGI::Session->errstr || 'row cannot be read') . "\n";
    $session->expire('+1d');
    return $session;
}

sub session_cookie { return scalar shop_session()->cookie }

# new id at login, so that nobody can be given an id he knows (tm 2005-03-21,
# after the article in c't). What is in the session moves along.
sub renew_session {
    my $old  = shop_session();
    my %keep = %{ $old->dataref };
    $old->delete;
    $old->flush;
    undef $session;
    my $new = shop_session();     # the cookie's row is gone, so this is a fresh one
    foreach my $k (keys %keep) {
        next if $k =~ /^_SESSION_/;
        $new->param($k, $keep{$k});
    }
    return $new;
}

sub drop_session {
    my $s = shop_session();
    $s->delete;
    return shop_cgi()->cookie(-name => $s->name, -value => '', -expires => '-1d');
}

# CGI::Session writes when the object is destroyed. At the end of the program
# perl may well destroy the database handle first and then the carts are not
# saved ("Database handle has gone away"). So: write first, then hang up.
# (tm 2005-11-07, took me two evenings)
END {
    if ($session) {
        my $rc = $?;
        eval { $session->flush; 1 } or warn "session not saved: $@";
        undef $session;
        $? = $rc;
    }
}

# ---------------------------------------------------------------- text

# & < > " and nothing else. Apostrophes stay: always use "" round attributes.
sub esc {
    my $s = shift;
    return '' unless defined $s;
    $s =~ s/&/&amp;/g;
    $s =~ s/</&lt;/g;
    $s =~ s/>/&gt;/g;
    $s =~ s/"/&quot;/g;
    return $s;
}

sub url_esc {
    my $s = shift;
    return '' unless defined $s;
    $s =~ s/([^A-Za-z0-9_.-])/sprintf('%%%02X', ord($1))/eg;
    return $s;
}

# pound sign as a latin-1 byte, Netscape 4 does not know &pound; in forms
sub price { return "\xA3" . sprintf('%.2f', $_[0]) }

sub get_record {
    my $sku = shift;
    return shop_db()->selectrow_hashref(
        'SELECT r.sku, r.artist, r.title, r.year, r.price, r.stock, l.name AS label
           FROM records r LEFT JOIN labels l ON l.id = r.label_id
          WHERE r.sku = ?', undef, $sku);
}

# ---------------------------------------------------------------- page frame

sub page_top {
    my ($title, $status) = @_;
    my %h = (-type => 'text/html', -charset => 'ISO-8859-1', -cookie => session_cookie());
    $h{-status} = $status if $status;
    print shop_cgi()->header(%h);
    print '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML><HEAD><TITLE>Black Plastic Records: ' . esc($title) . '</TITLE>
<LINK REL="stylesheet" HREF="/style.css" TYPE="text/css"></HEAD>
<BODY BGCOLOR="#FFFFFF" TEXT="#000000" LINK="#990000" VLINK="#663333">
<TABLE WIDTH="100%" BORDER=0 CELLPADDING=4><TR BGCOLOR="#000000">
<TD><A HREF="index.pl"><IMG SRC="/logo.gif" WIDTH=48 HEIGHT=48 BORDER=0 ALT="Black Plastic"></A>
<TD><FONT FACE="Arial,Helvetica" SIZE="+2" COLOR="#FFFFFF">Black Plastic Records</FONT>
<TR BGCOLOR="#CCCCCC"><TD COLSPAN=2><FONT FACE="Arial,Helvetica" SIZE="-1">
<A HREF="index.pl">Home</A> | <A HREF="search.pl">Search</A> | <A HREF="cart.pl?action=show">Cart</A> | <A HREF="account.pl">Your account</A> | <A HREF="go.pl?to=help">Help</A>
</FONT></TABLE>
<H2>' . esc($title) . '</H2>
';
}

sub page_bottom {
    print '<HR NOSHADE SIZE=1>
<FONT SIZE="-2">&copy; 2002-2006 Black Plastic Records. Best viewed at 800x600.</FONT>
</BODY></HTML>
';
}

sub redirect_to {
    my ($where, @cookie) = @_;
    $where = "/cgi-bin/$where" unless $where =~ m{^(/|https?://)};
    @cookie = (session_cookie()) unless @cookie;
    print shop_cgi()->redirect(-uri => $where, -cookie => $cookie[0]);
}

1;
