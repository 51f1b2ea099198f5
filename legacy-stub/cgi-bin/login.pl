#!/usr/bin/perl -w

# $Id: login.pl,v 1.9 2005/03/21 23:02:10 tm Exp $

use strict;
use CGI qw(:standard);
use CGI::Carp qw(fatalsToBrowser);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Shop;

my $q    = shop_cgi();
my $dbh  = shop_db();
my $s    = shop_session();
my $next = $q->param('next');
$next = 'index.pl' unless defined $next && $next =~ /^[a-z]+\.pl(\?[\w=;]*)?$/;
my $msg = '';

if (request_method() eq 'POST') {
    my $login = $q->param('login');
    my $pass  = $q->param('password');
    $login = '' unless defined $login;
    $pass  = '' unless defined $pass;
    my $u = $dbh->selectrow_hashref('SELECT * FROM users WHERE login = ?', undef, $login);
    if ($u && crypt($pass, $u->{password}) eq $u->{password}) {
        $s = renew_session();
        $s->param('uid',   $u->{id});
        $s->param('login', $u->{login});
        $s->param('name',  $u->{name});
        if ($u->{agent}) { $s->param('agent', 1) }
        else             { $s->clear(['agent']) }
        redirect_to($next);
        exit;
    }
    $msg = 'Wrong name or password.';
}

page_top('Log in');
print '<P><FONT COLOR="#CC0000"><B>', $msg, "</B></FONT>\n" if $msg;
print '<FORM ACTION="login.pl" METHOD="POST">
<INPUT TYPE="hidden" NAME="next" VALUE="', esc($next), '">
<TABLE BORDER=0>
<TR><TD>Name<TD><INPUT TYPE="text" NAME="login" VALUE="', esc(scalar $q->param('login')), '">
<TR><TD>Password<TD><INPUT TYPE="password" NAME="password">
<TR><TD><TD><INPUT TYPE="submit" VALUE="Log in">
</TABLE></FORM>
';
page_bottom();
