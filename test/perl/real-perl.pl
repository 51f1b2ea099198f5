# CGI::Session's side of the tests: reads a JSON batch from stdin, answers with JSON. See real-perl.ts.
use strict;
use warnings;

# CGI::Session asks for the time with time(); the session command sets it.
our $now;
BEGIN { *CORE::GLOBAL::time = sub () { defined $main::now ? $main::now : CORE::time() } }

use B;
use CGI;
use CGI::Session;
use CGI::Session::Serialize::default;
use File::Temp;
use JSON::PP;

my $json = JSON::PP->new->ascii->utf8->canonical->allow_nonref;
my %commands = (knots => \&knots, freeze => \&freeze, print => \&print_numbers, session => \&session);
my $batch = $json->decode(do { local $/; <STDIN> });
print $json->encode([map { $commands{$ARGV[0]}->($_) } @$batch]);

# A thing inside itself is ['other'], as is whatever is neither hash, array nor plain.
sub shape {
    no warnings 'recursion';
    my ($value, %around) = @_;
    return undef if !defined $value;
    my $kind = ref $value;
    return ['other'] if $kind ne '' && $around{$value}++;
    if ($kind eq 'ARRAY') { return ['array', map { shape($_, %around) } @$value] }
    if ($kind eq 'HASH') { return ['hash', map { ["$_", shape($value->{$_}, %around)] } keys %$value] }
    return ['other'] if $kind ne '' || ref \$value eq 'VSTRING';
    return B::svref_2object(\$value)->FLAGS & B::SVf_POK ? $value : 0 + $value;
}

# [text] or [text, 1]: what the serializer writes for {k => text}; with 1, text is a number.
sub freeze {
    my ($value) = @_;
    utf8::downgrade($value->[0], 1);
    my $scalar = $value->[1] ? 0 + $value->[0] : $value->[0];
    return unpack 'H*', CGI::Session::Serialize::default->freeze({k => $scalar});
}

# A number for the dice; answers with a session full of references, written by the XS and the pure-Perl writer.
sub knots {
    srand $_[0];
    my $data = {map { ("k$_" => 1) } 1 .. 5};
    my @seen = ($data, \$data->{k1});
    for my $key (sort keys %$data) { $data->{$key} = knot(\@seen, 4) }
    local $SIG{__WARN__} = sub { };
    return map {
        local $Data::Dumper::Useperl = $_;
        my $text = CGI::Session::Serialize::default->freeze($data);
        utf8::encode($text) if $text =~ /[^\0-\xff]/;
        unpack 'H*', $text;
    } 0, 1;
}

sub knot {
    my ($seen, $depth) = @_;
    my @leaves = (
        sub { undef }, sub { int rand 9 }, sub { "it's \\ \$x" }, sub { "\x{263a}\@" }, sub { qr{a/b$}i }, sub { v1.22.333 },
        sub { $seen->[rand @$seen] }, sub { \$seen->[rand @$seen] }, sub { sub { 1 } },
    );
    my @branches = (
        sub { [map { knot($seen, $depth - 1) } 1 .. rand 4] },
        sub { my $h = {}; push @$seen, $h; $h->{"k'$_"} = knot($seen, $depth - 1) for 1 .. rand 4; $h },
        sub { \(my $o = knot($seen, $depth - 1)) },
        sub { bless {n => knot($seen, $depth - 1)}, "It's::Mine" },
        sub { bless \(my $o = knot($seen, $depth - 1)), 'S' },
        sub { bless [knot($seen, $depth - 1)], 'L' },
    );
    my $value = $depth > 0 && rand() < 0.7 ? $branches[rand @branches]->() : $leaves[rand @leaves]->();
    push @$seen, $value if ref $value && rand() < 0.7;
    return $value;
}

# A double as sixteen hex digits; how Perl prints it.
sub print_numbers { return '' . unpack 'd>', pack 'H*', $_[0] }

# A life of a session in a directory of its own: each step is {now, do}, each answer what came of it.
sub session {
    my ($life) = @_;
    my $directory = File::Temp->newdir;
    my ($id, @answers);
    local $ENV{REMOTE_ADDR} = $life->{address};
    for my $step (@{$life->{steps}}) {
        $now = $step->{now};
        my $session = CGI::Session->load('driver:File', $id, {Directory => "$directory"});
        $session = CGI::Session->new('driver:File', undef, {Directory => "$directory"}) if !$id;
        my $loaded = $session->is_expired ? undef : shape($session->dataref);
        my $keys = [sort $session->param];
        $session->param(@{$step->{param}}) if $step->{param};
        $session->expire(@{$step->{expire}}) if $step->{expire};
        utf8::downgrade($step->{name}, 1) if $step->{name};    # names are bytes in a Perl program, unless wide
        $session->name($step->{name}) if $step->{name};
        $id ||= $session->id;
        push @answers, {
            id => $id, loaded => $loaded, keys => $keys, cookie => $session->is_expired ? undef : '' . $session->cookie,
        };
        $session->flush;
        undef $session;
    }
    undef $now;
    return \@answers;
}
