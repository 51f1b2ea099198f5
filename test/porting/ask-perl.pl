# Works out each question of a batch in real Perl: [what, arguments...]. Numbers come as the bytes of a double.
use strict;
use warnings;
no warnings qw(numeric uninitialized redundant missing);
use JSON::PP;
my $json = JSON::PP->new->utf8->allow_nonref;
sub value { my ($v) = @_; ref $v eq 'HASH' ? unpack('d>', pack('H16', $v->{double})) : $v }
my %work = (
    isTrue  => sub { $_[0] ? 1 : 0 },
    print   => sub { defined $_[0] ? "$_[0]" : '' },
    number  => sub { sprintf '%.17g', $_[0] + 0 },
    int     => sub { sprintf '%.0f', int $_[0] },
    product => sub { sprintf '%.2f', $_[0] * $_[1] },
    modulo  => sub { sprintf '%d', $_[0] % $_[1] },
    sprintf => sub { my $format = shift; sprintf $format, @_ },
    split   => sub {
        my ($pattern, $text, $limit) = @_;
        my @fields = $pattern eq ' ' ? split(' ', $text, $limit) : split(/$pattern/, $text, $limit);
        return \@fields;
    },
    localtime     => sub { [ localtime $_[0] ] },
    localtimeText => sub { scalar localtime $_[0] },
);
local $/;
my @answers;
for my $question (@{ $json->decode(<STDIN>) }) {
    my ($what, @arguments) = @$question;
    push @answers, $work{$what}->(map { value($_) } @arguments);
}
print $json->encode(\@answers);
