# What the real CGI.pm reads, for the tests of params and cookies: a JSON batch in, a JSON batch out. See cgi-pm.ts.
# Strings are bytes, one character each.
use strict;
use warnings;
use CGI ();
use JSON::PP;

my $json = JSON::PP->new->latin1->canonical;
my $batch = $json->decode(do { local $/; <STDIN> });
my %commands = (params => \&params, cookies => \&cookies);
binmode STDOUT;
print JSON::PP->new->ascii->encode([map { $commands{$ARGV[0]}->($_) } @$batch]);

# {method, query, contentType, body}: [name, value, …] for every name, in order of appearance.
sub params {
    my ($request) = @_;
    local %ENV = (GATEWAY_INTERFACE => 'CGI/1.1', REQUEST_METHOD => $request->{method}, QUERY_STRING => $request->{query});
    local @ARGV;
    my $body = $request->{body};
    if (length $body) { $ENV{CONTENT_LENGTH} = length $body }
    if (defined $request->{contentType}) { $ENV{CONTENT_TYPE} = $request->{contentType} }
    open my $real, '<&', \*STDIN or die $!;
    open my $file, '+>', undef or die $!;
    binmode $file;
    print $file $body;
    seek $file, 0, 0;
    open STDIN, '<&', $file or die $!;
    seek STDIN, 0, 0;
    CGI::initialize_globals();
    no warnings;
    my $q = CGI->new;
    my @answer = map { ["$_", map { "$_" } $q->multi_param($_)] } $q->multi_param;
    open STDIN, '<&', $real or die $!;
    return \@answer;
}

# {header, name}: the value in scalar context, as CGI::Session asks for it, or undef.
sub cookies {
    my ($request) = @_;
    local $ENV{HTTP_COOKIE} = $request->{header};
    CGI::initialize_globals();
    return scalar CGI->new('')->cookie($request->{name});
}
