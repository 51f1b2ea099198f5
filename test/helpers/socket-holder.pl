#!/usr/bin/perl
# Holds the two listening sockets of gateways, as systemd does (sd_listen_fds(3)): says their TCP ports, then starts a
# gateway on them for each line on standard input, and says "started PID" and, when it has ended, "ended PID CODE".
use strict;
use warnings;
use Fcntl ();
use IO::Select;
use IO::Socket::INET;
use POSIX ();

$| = 1;
my @sockets = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 511) or die $! } 1, 2;
print join(' ', 'ports', map { $_->sockport } @sockets), "\n";
my %running;
my $input = IO::Select->new(\*STDIN);
while (1) {
    if ($input->can_read(0.05)) {
        sysread(STDIN, my $line, 64) or last;
        my $pid = fork() // die $!;
        if ($pid == 0) {
            my @above = map { fcntl($_, Fcntl::F_DUPFD(), 10) } @sockets;
            POSIX::dup2($above[$_], 3 + $_) for 0, 1;
            @ENV{qw(LISTEN_FDS LISTEN_PID)} = (2, $$);
            exec @ARGV or die $!;
        }
        $running{$pid} = 1;
        print "started $pid\n";
    }
    while ((my $pid = waitpid -1, POSIX::WNOHANG) > 0) {
        delete $running{$pid};
        print "ended $pid ", ($? & 127 ? "signal-" . ($? & 127) : $? >> 8), "\n";
    }
}
kill KILL => keys %running;
