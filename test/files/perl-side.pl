use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock);
use JSON::PP;
use CGI::Session;
use Apache::Session::Flex;

# The legacy side of a test, told what to do line by line: one JSON list in, one JSON value out.
$| = 1;
my $json = JSON::PP->new->canonical->allow_nonref->allow_unknown;
my ($session, %apache, $file);

sub apache {
    my ($directory, $id, $transaction, $serialize) = @_;
    untie %apache;
    tie %apache, 'Apache::Session::Flex', $id,
        { Store => 'File', Lock => 'File', Generate => 'MD5', Serialize => $serialize // 'Storable',
          Directory => $directory, LockDirectory => $directory, Transaction => $transaction };
    return $apache{_session_id};
}

my %can = (
    'cgi open' => sub {
        my ($directory, $id, $serializer) = @_;
        $session = CGI::Session->new("driver:file;serializer:" . ($serializer // 'default'), $id, { Directory => $directory })
            or die CGI::Session->errstr;
        return $session->id;
    },
    'cgi get' => sub { $session->param($_[0]) },
    'cgi set' => sub { $session->param(@_); 1 },
    'cgi flush' => sub { $session->flush or die $session->errstr; undef $session; 1 },
    'cgi delete' => sub { $session->delete; $session->flush; undef $session; 1 },
    'apache open' => sub { apache(@_) },
    'apache get' => sub { $apache{ $_[0] } },
    'apache set' => sub { $apache{ $_[0] } = $_[1]; 1 },
    'apache close' => sub { untie %apache; 1 },
    'apache delete' => sub { tied(%apache)->delete; untie %apache; 1 },
    'lock' => sub {
        my ($path, $how) = @_;
        sysopen($file, $path, O_RDWR) or die "$path: $!";
        flock($file, $how eq 'sh' ? LOCK_SH : LOCK_EX) or die "$path: $!";
        return 1;
    },
    'write' => sub { truncate($file, 0); sysseek($file, 0, 0); syswrite($file, $_[0]); 1 },
    'unlock' => sub { close $file; 1 },
    'remove' => sub { unlink($_[0]) or die $!; 1 },
    'make' => sub { open my $new, '>', $_[0] or die $!; print $new $_[1]; close $new; 1 },
);

while (my $line = <STDIN>) {
    my ($what, @with) = @{ $json->decode($line) };
    my $answer = eval { $can{$what}->(@with) };
    print $json->encode($@ ? { error => "$@" } : { answer => $answer }), "\n";
}
