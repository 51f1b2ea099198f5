# The real Perl's side of the tests of all formats but CGI::Session's newest: reads {format, batch} of JSON from stdin,
# answers with the shape of each text, or {error}. See other-perl.ts.
use strict;
use warnings;
use B;
use JSON::PP;
use Safe;

my %readers = (
    'dumper-2' => sub { our $data; local $data; no strict; no warnings; my $got = eval $_[0]; die $@ if $@; $got },
    'dumper-3' => sub { my ($line) = $_[0] =~ /^(.*)$/; no warnings; my $got = Safe->new->reval($line // ''); die $@ if $@; $got },
    'dumper-4.0' => sub { no warnings; my $got = Safe->new->reval($_[0]); die $@ if $@; $got },
    'dumper-eval' => sub { no strict; no warnings; our $VAR1; local $VAR1; my $got = eval $_[0]; die $@ if $@; ref $got eq 'HASH' && $VAR1 ? $VAR1 : $got },
    # As Apache::Session::Serialize::JSON: text of a character column.
    'json' => sub { require JSON; my $text = $_[0]; utf8::decode($text); JSON::from_json($text) },
    'yaml-pm' => sub { require YAML; my $text = $_[0]; utf8::decode($text); YAML::Load($text) },
    'yaml-syck' => sub { require YAML::Syck; YAML::Syck::Load($_[0]) },
    'yaml-xs' => sub { require YAML::XS; YAML::XS::Load($_[0]) },
    'freezethaw' => sub { require FreezeThaw; (FreezeThaw::thaw($_[0]))[0] },
);

my $json = JSON::PP->new->ascii->utf8->canonical->allow_nonref->max_depth(100_000);
my ($format, $batch) = @{$json->decode(do { local $/; <STDIN> })};
my $reader = $readers{$format} or die "no such format: $format";
local $SIG{__WARN__} = sub { };
print $json->encode([map { answer($_) } @$batch]);

sub answer {
    my ($hex) = @_;
    my $value = eval { $reader->(pack 'H*', $hex) };
    return {error => "$@" || 'nothing came back'} if !ref $value;
    return shape($value);
}

sub shape {
    no warnings 'recursion';
    my ($value, %around) = @_;
    return undef if !defined $value;
    my $kind = ref $value;
    return ['other'] if $kind ne '' && $around{$value}++;
    if ($kind eq 'ARRAY') { return ['array', map { shape($_, %around) } @$value] }
    if ($kind eq 'HASH') { return ['hash', map { ["$_", shape($value->{$_}, %around)] } keys %$value] }
    return ['other'] if $kind ne '' || ref \$value eq 'VSTRING';
    return B::svref_2object(\$value)->FLAGS & B::SVf_POK ? "$value" : 0 + $value;
}
