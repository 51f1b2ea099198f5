#!/usr/bin/perl
# Prints what Apache told it about its address, in hexadecimal: SCRIPT_NAME, PATH_INFO, QUERY_STRING.
my $said = join(' ', 'where', map { unpack 'H*', $_ // '' } @ENV{qw(SCRIPT_NAME PATH_INFO QUERY_STRING)});
print "HTTP/1.1 200 OK\r\n" if $0 =~ m{/nph-[^/]*$};
print "Content-Type: text/plain\r\nContent-Length: ", length $said, "\r\nConnection: close\r\n\r\n$said";
