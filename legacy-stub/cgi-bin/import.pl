#!/usr/bin/perl -w

# $Id: import.pl,v 1.11 2005/08/15 17:20:08 tm Exp $
# price list from the wholesaler:  sku;artist;title;price;stock   (latin-1, Excel)
# .htaccess keeps the public out
#
# 2003-08-01 jk  first version
# 2005-08-15 tm  keep the file, we had a dispute

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use CGI::Carp qw(fatalsToBrowser);
use Shop;

my $q   = shop_cgi();
my $dbh = shop_db();
my $s   = shop_session();

my $fh = $q->upload('list');
if (!$fh) {
    page_top('Import');
    print '<P><FONT COLOR="#CC0000">', esc($q->cgi_error), "</FONT>\n" if $q->cgi_error;
    print '<FORM ACTION="import.pl" METHOD="POST" ENCTYPE="multipart/form-data">
<INPUT TYPE="file" NAME="list"> <INPUT TYPE="submit" VALUE="Import">
</FORM>
';
    page_bottom();
    exit;
}

my $name = $q->param('list');
$name = "$name";
$name =~ s{.*[/\\]}{};               # IE sends C:\...
$name =~ s/[^A-Za-z0-9_.-]/_/g;
$name =~ s/^\.+//;
my $keep = conf('upload_dir') . '/' . time . "-$$-" . ($name || 'list');
open(KEEP, "> $keep") or die "cannot write $keep: $!\n";
binmode KEEP;

my ($read, $ins, $upd, @bad) = (0, 0, 0);
while (my $line = <$fh>) {
    print KEEP $line;
    $line =~ s/[\r\n]+$//;
    next if $line eq '' || $line =~ /^sku;/i;
    $read++;
    my ($sku, $artist, $title, $price, $stock) = split /;/, $line;
    unless (defined $stock && $sku =~ /^\d{1,9}$/ && $stock =~ /^-?\d{1,6}$/ && $price =~ /^\d{1,5}([.,]\d\d)?$/) {
        push @bad, $read;
        next;
    }
    $price =~ tr/,/./;               # German Excel
    $artist = substr($artist, 0, 80);
    $title  = substr($title, 0, 120);
    if ($dbh->selectrow_array('SELECT 1 FROM records WHERE sku = ?', undef, $sku)) {
        $dbh->do('UPDATE records SET artist = ?, title = ?, price = ?, stock = ? WHERE sku = ?', undef,
                 $artist, $title, $price, $stock, $sku);
        $upd++;
    }
    else {
        $dbh->do('INSERT INTO records (sku, artist, title, price, stock, added) VALUES (?, ?, ?, ?, ?, CURDATE())', undef,
                 $sku, $artist, $title, $price, $stock);
        $ins++;
    }
}
close(KEEP) or die "cannot write $keep: $!\n";

page_top('Import');
print "<P>$read lines read, $ins inserted, $upd updated.\n";
print '<P><FONT COLOR="#CC0000">Not understood: line ', join(', ', @bad), "</FONT>\n" if @bad;
page_bottom();
