#!/usr/bin/perl
# Prints what CGI.pm read of its request behind Apache: [name, value, …] for every name, as JSON.
use CGI;
use JSON::PP;
my $q = CGI->new;
1 while <STDIN>; # or Apache, still writing a body that CGI.pm does not want, may drop the connection
print "Content-Type: text/plain\n\n",
    JSON::PP->new->ascii->encode([map { ["$_", map { "$_" } grep { defined } $q->multi_param($_)] } $q->multi_param]);
