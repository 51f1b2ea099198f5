#!/usr/bin/perl
# Prints what Apache told it about its address, in hexadecimal: SCRIPT_NAME, PATH_INFO, QUERY_STRING.
print "Content-Type: text/plain\n\n", join(' ', map { unpack 'H*', $_ // '' } @ENV{qw(SCRIPT_NAME PATH_INFO QUERY_STRING)});
