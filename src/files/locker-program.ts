/**
 * The program of the locker: it takes locks for the process that started it, which Node cannot. It is Perl because Perl
 * is wherever sessions of Perl are, and text because the build copies nothing else.
 *
 * It reads one command a line and answers each with the number it came with. Nothing of what it reads is ever
 * evaluated: words are compared, numbers made numbers, and paths come as hexadecimal digits.
 *
 * ```
 * 7 range OFFSET try|wait       one byte of the lock file               -> 7 had 0|1, 7 not, 7 error TEXT
 * 8 file ex|sh old|new try|wait PATH   flock on a file                  -> 8 had 0|1 INODE, 8 not, 8 none
 * 9 taken OFFSET LENGTH         whether somebody else has any of these  -> 9 yes, 9 no
 * 7 free                        gives 7 back, or waits for it no longer -> 7 free
 * ```
 *
 * Who asks with `wait` and is not first is told so (`7 wait`), and a child of this process is put to sleep in the
 * kernel's queue, on the same open file: what a child has, its parent has. So the kernel says who is next, nobody asks
 * twice, and no session waits for another's.
 */
export const lockerProgram = String.raw`
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock);
use POSIX ();

# Open-file-description locks, fcntl(2): Fcntl has no names for them.
my ($ofd_getlk, $ofd_setlk, $ofd_setlkw) = (36, 37, 38);
my $prctl = { x86_64 => 157, aarch64 => 167 }->{ (POSIX::uname())[4] };
die "the locker knows Linux on x86-64 and arm64 only\n" unless $prctl && $^O eq 'linux';

my $lock_path = shift @ARGV;
my $myself = $$;
my $most_children = 200;
my $lock_file;       # the one open lock file
my $ranges = 0;      # bytes of it that are asked for or held
my %asks;            # by number: all that is waited for or held
my %children;        # by the descriptor on which the end of a child is heard
my @patient;         # those for whom there are too many children already
my $answers = '';

$0 = 'banyan locker';
$SIG{$_} = 'IGNORE' for qw(INT TERM HUP PIPE);    # it ends with its input, whatever a terminal or systemd says

sub answer { $answers .= "@_\n" }

# Runs one command; whatever goes wrong is said to the one who asked.
sub guarded {
    my ($number, $command) = @_;
    return if eval { $command->(); 1 };
    my $reason = $@;
    $reason =~ s/\s+/ /g;
    forget($number);
    answer($number, 'error', $reason);
}

sub flock_range {
    my ($type, $start, $length) = @_;
    return pack 's s x4 q q i x4', $type, 0, $start, $length, 0;
}

# The lock file: opened anew where somebody removed it while nothing was held but, at most, what is just being asked.
sub the_lock_file {
    my ($asking) = @_;
    for (1 .. 3) {
        if ($lock_file) {
            return $lock_file if is_still($lock_file, $lock_path);
            lose_all() if $ranges > $asking;
            $lock_file = undef;
        }
        my $file;
        if (sysopen($file, $lock_path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)) {
            $lock_file = $file;
            next;
        }
        $!{ENOENT} or die "the lock file $lock_path cannot be opened: $!\n";
        if (sysopen($file, $lock_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0660)) {
            chmod 0660, $lock_file = $file;    # for our group, whatever the umask
            next;
        }
        $!{EEXIST} or die "the lock file $lock_path cannot be made: $!\n";
    }
    die "the lock file $lock_path does not stay\n";
}

# Others may hold by now what we hold on a file that is gone. The end of this process tells everybody.
sub lose_all {
    print STDERR "somebody removed the lock file $lock_path";
    POSIX::_exit(3);
}

sub is_still {
    my ($file, $path) = @_;
    my @ours = stat $file;
    my @there = lstat $path;
    return @there && $ours[0] == $there[0] && $ours[1] == $there[1];
}

# Opens what a file ask is about; nothing where there is no such file and none is to be made.
sub open_file {
    my ($ask) = @_;
    my $path = $ask->{path};
    my $flags = ($ask->{how} == LOCK_SH ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    for (1 .. 10) {
        my $file;
        if (!sysopen($file, $path, $flags)) {
            $!{ENOENT} or die "the session file cannot be opened: $!\n";
            return unless $ask->{make};
            # The mode that Apache::Session's own open has.
            if (!sysopen($file, $path, $flags | O_CREAT | O_EXCL, 0666)) {
                next if $!{EEXIST};
                die "$path cannot be made: $!\n";
            }
        }
        die "$path is no plain file\n" unless -f $file;
        return $file;
    }
    die "$path does not stay\n";
}

# Takes the lock of an ask, or says no; with 'wait' only a child may do so.
sub take {
    my ($ask, $wait) = @_;
    if (exists $ask->{offset}) {
        my $range = flock_range(F_WRLCK, $ask->{offset}, 1);
        return 1 if fcntl($ask->{file}, $wait ? $ofd_setlkw : $ofd_setlk, $range);
    }
    else {
        return 1 if flock($ask->{file}, $ask->{how} | ($wait ? 0 : LOCK_NB));
    }
    return 0 if $!{EAGAIN} || $!{EACCES} || $!{EINTR};
    die "the lock cannot be taken: $!\n";
}

# Gives back whatever an ask may have. A sleeping child shares the open file: closing it alone would free nothing.
sub untake {
    my ($ask) = @_;
    return unless $ask->{file};
    if (exists $ask->{offset}) {
        my $range = flock_range(F_UNLCK, $ask->{offset}, 1);
        fcntl($ask->{file}, $ofd_setlk, $range);
    }
    else {
        flock($ask->{file}, LOCK_UN);
    }
    delete $ask->{file};
}

sub attempt {
    my ($ask) = @_;
    my $number = $ask->{number};
    for (1 .. 100) {
        if (exists $ask->{offset}) { $ask->{file} = the_lock_file(1) }
        else {
            $ask->{file} = open_file($ask);
            if (!$ask->{file}) { forget($number); return answer($number, 'none') }
        }
        if (take($ask, 0)) {
            return had($ask) if settled($ask);
            next;
        }
        if (!$ask->{wait}) { forget($number); return answer($number, 'not') }
        answer($number, 'wait') unless $ask->{contended}++;
        return sleep_in_child($ask);
    }
    die "$ask->{path} does not stay\n";
}

# Perl unlinks files that others wait for; a lock on such a one locks nobody out.
sub settled {
    my ($ask) = @_;
    return 1 if is_still($ask->{file}, exists $ask->{offset} ? $lock_path : $ask->{path});
    lose_all() if exists $ask->{offset} && $ranges > 1;
    untake($ask);
    return 0;
}

sub had {
    my ($ask) = @_;
    my @which = exists $ask->{offset} ? () : (stat $ask->{file})[1];
    answer($ask->{number}, 'had', $ask->{contended} ? 1 : 0, @which);
}

sub sleep_in_child {
    my ($ask) = @_;
    if (keys %children >= $most_children) { push @patient, $ask; return }
    pipe(my $end, my $childs) or die "no pipe: $!\n";
    my $pid = fork;
    die "no child: $!\n" unless defined $pid;
    if ($pid == 0) {
        # PR_SET_PDEATHSIG: it shares our locks, and must not keep them when we are killed.
        syscall($prctl, 1, 9);
        POSIX::_exit(1) if getppid() != $myself;
        POSIX::close($_) for 0, 1, 2;
        my $taken = eval { take($ask, 1) };
        POSIX::_exit($taken ? 0 : 1);
    }
    close $childs;
    @$ask{qw(pid end)} = ($pid, $end);
    $children{ fileno $end } = $ask;
}

sub child_ended {
    my ($ask) = @_;
    my $status = bury($ask);
    guarded($ask->{number}, sub {
        die "the lock could not be waited for\n" unless $status == 0;
        return had($ask) if settled($ask);
        attempt($ask);
    });
    next_patient();
}

# Ends the child of an ask if it has not ended, and waits for that: it may have the lock by now.
sub bury {
    my ($ask) = @_;
    my $pid = delete $ask->{pid} or return;
    my $end = delete $ask->{end};
    delete $children{ fileno $end };
    waitpid $pid, 0;
    return $?;
}

sub next_patient {
    my $ask = shift @patient or return;
    guarded($ask->{number}, sub { attempt($ask) });
}

sub forget {
    my ($number) = @_;
    my $ask = delete $asks{$number} or return;
    my $slept = $ask->{pid};
    kill 'KILL', $slept if $slept;
    bury($ask);
    untake($ask);
    @patient = grep { $_ != $ask } @patient if @patient;
    $ranges-- if exists $ask->{offset};
    next_patient() if $slept;
}

sub obey {
    my ($number, $verb, @words) = split / /, shift;
    if ($verb eq 'free') {
        forget($number);
        answer($number, 'free');
    }
    elsif ($verb eq 'range') {
        my ($offset, $patience) = @words;
        my $ask = $asks{$number} = { number => $number, offset => 0 + $offset, wait => $patience eq 'wait' };
        $ranges++;
        guarded($number, sub { attempt($ask) });
    }
    elsif ($verb eq 'file') {
        my ($how, $make, $patience, $path) = @words;
        my $ask = $asks{$number} = {
            number => $number,
            how    => $how eq 'sh' ? LOCK_SH : LOCK_EX,
            make   => $make eq 'new',
            wait   => $patience eq 'wait',
            path   => pack('H*', $path),
        };
        guarded($number, sub { attempt($ask) });
    }
    elsif ($verb eq 'taken') {
        guarded($number, sub {
            my $range = flock_range(F_WRLCK, 0 + $words[0], 0 + $words[1]);
            my $file = the_lock_file(0);
            fcntl($file, $ofd_getlk, $range) or die "the locks cannot be asked for: $!\n";
            answer($number, (unpack 's', $range)[0] == F_UNLCK ? 'no' : 'yes');
            # Who removes old sessions by their age is to leave the lock file where it is.
            utime undef, undef, $file if time - (stat $file)[9] > 3600;
        });
    }
}

my $input = '';
while (1) {
    while ($answers ne '') {
        my $sent = syswrite STDOUT, $answers;
        POSIX::_exit(0) unless defined $sent;
        substr($answers, 0, $sent) = '';
    }
    my $ready = '';
    vec($ready, $_, 1) = 1 for 0, keys %children;
    next if select($ready, undef, undef, undef) < 0;
    for my $descriptor (keys %children) {
        my $ask = $children{$descriptor};
        child_ended($ask) if $ask && vec($ready, $descriptor, 1);
    }
    next unless vec($ready, 0, 1);
    sysread(STDIN, $input, 65536, length $input) or POSIX::_exit(0);    # with us all is freed, and every child ends
    obey($1) while $input =~ s/\A([^\n]*)\n//;
}
`;
