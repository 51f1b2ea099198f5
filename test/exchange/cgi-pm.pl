# What the real CGI.pm reads, for the tests of params and cookies: a JSON batch in, a JSON batch out. See cgi-pm.ts.
# Strings are bytes, one character each.
use strict;
use warnings;
use CGI ();
use JSON::PP;

my $json = JSON::PP->new->latin1->canonical;
my $batch = $json->decode(do { local $/; <STDIN> });
my %commands = (params => \&params, url_params => \&url_params, cookies => \&cookies);
binmode STDOUT;
print JSON::PP->new->ascii->encode([map { $commands{$ARGV[0]}->($_) } @$batch]);

# {method, query, contentType, userAgent, body}: [name, value, …] for every name, in order of appearance; null where
# CGI.pm dies. A value that Perl finds undefined is none. A file under a Content-ID has the path of a temporary file for
# a name, which is another one each time: here it is the Content-ID.
sub params {
    my ($request) = @_;
    my $q = asked($request) or return undef;
    my %seen;
    return [map { named($_, map { said($q, $_) } grep { defined } $q->multi_param($_)) }
        grep { !$seen{$_}++ } $q->multi_param];
}

# The same of the query, as url_param gives it: sorted, for it keeps no order.
sub url_params {
    my ($request) = @_;
    my $q = asked($request);
    local $ENV{QUERY_STRING} = $request->{query};
    return [map { named($_, grep { defined } $q->url_param($_)) } sort $q->url_param];
}

sub said {
    my ($q, $value) = @_;
    return "$value" unless ref $value && "$value" eq $value->filename;
    my $id = $q->uploadInfo($value)->{'Content-ID'};
    return defined $id && $id =~ /<([^>]*)>/ ? $1 : '';
}

sub named { my ($name, @values) = @_; return ["$name", @values] }

sub asked {
    my ($request) = @_;
    local %ENV = (GATEWAY_INTERFACE => 'CGI/1.1', REQUEST_METHOD => $request->{method}, QUERY_STRING => $request->{query});
    local @ARGV;
    my $body = $request->{body};
    if (length $body) { $ENV{CONTENT_LENGTH} = length $body }
    if (defined $request->{contentType}) { $ENV{CONTENT_TYPE} = $request->{contentType} }
    if (defined $request->{userAgent}) { $ENV{HTTP_USER_AGENT} = $request->{userAgent} }
    open my $real, '<&', \*STDIN or die $!;
    open my $file, '+>', undef or die $!;
    binmode $file;
    print $file $body;
    seek $file, 0, 0;
    open STDIN, '<&', $file or die $!;
    seek STDIN, 0, 0;
    CGI::initialize_globals();
    no warnings;
    my $q = eval { CGI->new };
    open STDIN, '<&', $real or die $!;
    return $q;
}

# {header, name}: the value in scalar context, as CGI::Session asks for it, or undef.
sub cookies {
    my ($request) = @_;
    local $ENV{HTTP_COOKIE} = $request->{header};
    CGI::initialize_globals();
    return scalar CGI->new('')->cookie($request->{name});
}
