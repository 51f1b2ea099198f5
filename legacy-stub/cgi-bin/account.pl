#!/usr/bin/perl -w

# $Id: account.pl,v 1.8 2004/06/06 13:37:00 jk Exp $

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q   = shop_cgi();
my $dbh = shop_db();
my $s   = shop_session();
my $uid = $s->param('uid');
if (!$uid) {
    redirect_to('login.pl?next=account.pl');
    exit;
}

my $msg    = '';
my $action = $q->param('action') || '';
if ($action eq 'email') {
    my $mail = $q->param('email');
    $mail = '' unless defined $mail;
    if ($mail =~ /^\S+\@\S+\.\w+$/ && length($mail) <= 80) {
        $dbh->do('UPDATE users SET email = ? WHERE id = ?', undef, $mail, $uid);
        $msg = 'Your address has been changed.';
    }
    else {
        $msg = 'That does not look like an e-mail address.';
    }
}

my ($email) = $dbh->selectrow_array('SELECT email FROM users WHERE id = ?', undef, $uid);
page_top('Your account');
print "<P><B>$msg</B>\n" if $msg;
print '<FORM ACTION="account.pl" METHOD="POST"><INPUT TYPE="hidden" NAME="action" VALUE="email">
E-mail <INPUT TYPE="text" NAME="email" SIZE=30 VALUE="', esc($email), '"> <INPUT TYPE="submit" VALUE="Change">
</FORM>
<H3>Your orders</H3>
<TABLE BORDER=1 CELLPADDING=3 CELLSPACING=0>
<TR><TH>No.<TH>Date<TH>Records<TH>Total<TH>State
';
my $sth = $dbh->prepare('SELECT o.id, DATE(o.placed), SUM(l.qty), o.total, o.state
                           FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
                          WHERE o.user_id = ? GROUP BY o.id ORDER BY o.id DESC');
$sth->execute($uid);
while (my ($id, $day, $n, $total, $state) = $sth->fetchrow_array) {
    print "<TR><TD>$id<TD>$day<TD>", $n || 0, '<TD ALIGN="right">', price($total), "<TD>$state\n";
}
print "</TABLE>\n<P><A HREF=\"logout.pl\">Log out</A>\n";
page_bottom();
