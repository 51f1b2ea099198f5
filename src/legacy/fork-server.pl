package Banyan::ForkServer;

# The parent of all CGI scripts of a gateway, and what runs in each of them until the script takes over.
#
# How a script comes to run as itself. Perl was started on a pipe (`perl /dev/fd/9`) that has said no more than
# `BEGIN { require '…/fork-server.pl'; Banyan::ForkServer::serve() }`. That block forks for as long as the gateway lives; in
# a child it returns, and perl, still compiling its main program, asks descriptor 9 for the next line: by then it is the
# script. So the script is the main program of a process of its own, compiled when it is asked for: `exit`, `die`,
# BEGIN and END, DATA, `$0`, `__FILE__`, `caller` and the switches of its first line are what they always were. All that
# is left out is the start of perl, and reading modules that are in memory already.
#
# With the gateway (descriptor 3), a line each:
#     fork N                 a child, known as N         -> exit N STATUS      once it is over; STATUS as waitpid has it
#     kill N SIGNAL          to the child and its children
#     load FILE              such as CGI/Session.pm      -> loaded FILE | not-loaded FILE WHY
#                                                        -> used FILE...       what a script has read besides
#                                                        -> stale              one of these has changed
#                                                        -> unfit SCRIPT VARIABLE...   it cannot stay
# A child opens two connections to the gateway's socket and says `N out PID` on one and `N err PID` on the other; then it
# waits on the first for an order: its length in four bytes, and words with a NUL between them (see cgi-children.ts). A
# script that stays does so again for each request, and says the exit code of the one before, too.

use strict;
use warnings;
use Fcntl ();
use POSIX ();
use Socket ();

our $program = 9;    # where perl reads its main program from
my ($home) = __FILE__ =~ m{^(.*/)};
require "${home}read-ahead.pl";
my ( $gateway, $address, @standard );
my %children;              # pid => N
my ( $report, $heard );    # children tell what they have read
my $said = '';
my ( $next, $modules );    # in a child: the script, and how many modules are in memory before it
our %may_leave;            # variables that scripts that stay may leave something in

sub serve {
    $address = Socket::pack_sockaddr_un( delete $ENV{BANYAN_SOCKET} );
    @Banyan::ReadAhead::own = split /:/, delete $ENV{BANYAN_LIB} || '';
    %may_leave = map { $_ => 1 } split / /, delete $ENV{BANYAN_MAY_LEAVE} || '';
    @standard = map { "$_/" } grep { !ref && m{^/} } @INC;
    $0 = 'banyan fork server';
    pipe $heard, $report or die "pipe: $!";
    fcntl $report, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK();    # no script ever waits for us
    open $gateway, '+<&=', 3 or die "descriptor 3: $!";    # closed where a script is run
    $SIG{PIPE} = 'IGNORE';
    my $ends = ends_of_children();
    my $read = '';
    vec( $read, fileno $_, 1 ) = 1 for $gateway, $heard, $ends || ();
    while (1) {
        my $found = select my $ready = $read, undef, undef, $ends ? undef : 0.02;
        sysread $ends, my $ignored, 4096 if $ends && vec $ready, fileno $ends, 1;
        reap();
        next if $found < 1;
        learn() if vec $ready, fileno $heard, 1;
        return if vec( $ready, fileno $gateway, 1 ) && obey();
    }
}

# A handle that can be read when a child has ended: signalfd(2). A handler would be called too late where the signal
# comes just before select: one request in sixty then seemed to take all of select's patience.
sub ends_of_children {
    my $signalfd = { x86_64 => 289, aarch64 => 74 }->{ ( POSIX::uname() )[4] } or return;
    my $signals = POSIX::SigSet->new( POSIX::SIGCHLD() );
    POSIX::sigprocmask( POSIX::SIG_BLOCK(), $signals );
    my $mask = pack 'Q', 1 << ( POSIX::SIGCHLD() - 1 );
    my $descriptor = syscall $signalfd, -1, $mask, 8, Fcntl::O_NONBLOCK() | 02000000;    # and O_CLOEXEC
    return if $descriptor < 0 || !open my $ends, '<&=', $descriptor;
    return $ends;
}

# Reads commands; true in a child that has an order.
sub obey {
    my $length = sysread $gateway, my $bytes, 65_536;
    return 0 if !defined $length;
    POSIX::_exit(0) if !$length;    # the gateway is gone
    $said .= $bytes;
    while ( $said =~ s/^([^\n]*)\n// ) {
        my ( $verb, $what, $signal ) = split / /, $1;
        if ( $verb eq 'fork' ) { return 1 if become($what) }
        elsif ( $verb eq 'load' ) { tell_gateway( Banyan::ReadAhead::load($what) ) }
        elsif ( $verb eq 'kill' ) {
            kill "-$signal", $_ for grep { $children{$_} == $what } keys %children;
        }
    }
    return 0;
}

sub tell_gateway {
    syswrite $gateway, "@_\n";
}

sub reap {
    while ( ( my $pid = waitpid -1, 1 ) > 0 ) {
        my $number = delete $children{$pid};
        tell_gateway( 'exit', $number, $? ) if defined $number;
    }
}

# A child. In the parent false; in the child true as soon as it is to run a script.
sub become {
    my ($number) = @_;
    Banyan::ReadAhead::tidy();
    my $pid = fork;
    if ( !defined $pid ) { tell_gateway( 'exit', $number, -1 ); return 0 }
    if ($pid) {
        $children{$pid} = $number;
        setpgrp $pid, $pid;    # here and in the child: whoever comes first, `kill` finds the group
        return 0;
    }
    setpgrp 0, 0;
    close $gateway;
    close $heard;
    $SIG{PIPE} = 'DEFAULT';
    POSIX::sigprocmask( POSIX::SIG_SETMASK(), POSIX::SigSet->new );
    my ( $out, $err ) = map { connection("$number $_ $$") } qw(out err);
    my $order = order_from($out) or POSIX::_exit(0);    # not needed any more
    if ( $order->[0] eq 'kept' ) {
        require "${home}kept-script.pl";
        my @rest = Banyan::KeptScript::serve( $number, $out, $err, $order );
        ( $out, $err, $order ) = @rest if @rest;
        $order->[0] = 'itself';                          # what is in memory is no fresh perl any more
    }
    run( $out, $err, @$order );
    return 1;
}

# The words of an order, or nothing where the gateway has hung up.
sub order_from {
    my ($out) = @_;
    my $length = exactly( $out, 4 );
    my $words = defined $length ? exactly( $out, unpack 'N', $length ) : undef;
    return defined $words ? [ split /\0/, $words, -1 ] : undef;
}

sub connection {
    my ($hello) = @_;
    socket my $socket, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0 or POSIX::_exit(125);
    connect $socket, $address or POSIX::_exit(125);
    syswrite $socket, "$hello\n";
    return $socket;
}

sub exactly {
    my ( $from, $length ) = @_;
    my $bytes = '';
    while ( length $bytes < $length ) {
        sysread $from, $bytes, $length - length $bytes, length $bytes or return;
    }
    return $bytes;
}

# Makes this process the one the script expects.
sub run {
    my ( $out, $err, $how, $directory, $script, $arguments, @rest ) = @_;
    my @arguments = splice @rest, 0, $arguments;
    POSIX::dup2( fileno $err, 0 );
    POSIX::dup2( fileno $out, 1 );
    POSIX::dup2( fileno $err, 2 );
    close $out;
    close $err;
    %ENV = map { split /=/, $_, 2 } @rest;
    if ( !chdir $directory ) { print {*STDERR} "cannot enter the folder of the script: $!\n"; POSIX::_exit(126) }
    if ( $how eq 'itself' || Banyan::ReadAhead::is_stale() ) {
        report('!stale') if $how ne 'itself';
        POSIX::close($program);
        no warnings 'exec';
        exec {$script} $script, @arguments;
        print {*STDERR} "cannot run the script: $!\n";
        POSIX::_exit(126);
    }
    if ( !open $next, '<', $script ) { print {*STDERR} "cannot read the script: $!\n"; POSIX::_exit(126) }
    Banyan::ReadAhead::prepare($next);
    $modules = keys %INC;
    pipe my $text, my $say or POSIX::_exit(125);
    syswrite $say, qq{BEGIN { Banyan::ForkServer::give() }\n#line 1 "$script"\n};
    POSIX::dup2( fileno $text, $program );
    @ARGV = @arguments;
    $0    = $script;
    $^T   = time;
    FindBin::again() if defined &FindBin::again;
    srand;    # where a module has drawn a number already, all children would draw the same ones
    return;
}

# Called by perl's own reading, between the lines written above and the script's first.
sub give {
    POSIX::dup2( fileno $next, $program );
    close $next;
    ( $?, $!, $@ ) = ( 0, 0, '' );    # `die` makes its exit code of the first two
    return;
}

# The last END block to run: what this script has read is worth reading early.
END {
    if ( defined $next && keys %INC != $modules ) {
        local ( $?, $!, $@ );
        my @used = grep { !Banyan::ReadAhead::is_known($_) && is_standard( $_, $INC{$_} ) } keys %INC;
        report(@used) if @used;
    }
}

# Whether a file is the site's own: none of perl's, and none of ours.
sub is_own {
    my ($path) = @_;
    return $path !~ m{^/dev/fd/} && index( $path, $home ) != 0 && !grep { index( $path, $_ ) == 0 } @standard;
}

sub report { syswrite $report, substr( "@_", 0, 4000 ) . "\n" }

sub is_standard {
    my ( $file, $path ) = @_;
    return if $file !~ /\.pm\z/ || $file =~ m{\A/|[^\w/.+-]} || !defined $path || ref $path;
    return grep { $path eq "$_$file" } @standard;
}

sub learn {
    sysread $heard, my $lines, 65_536;
    tell_gateway($1) while $lines =~ s/^!(.*)\n//m;
    my %seen = map { $_ => 1 } grep { !Banyan::ReadAhead::is_known($_) } split /\s+/, $lines;
    tell_gateway( 'used', sort keys %seen ) if %seen;
}

1;
