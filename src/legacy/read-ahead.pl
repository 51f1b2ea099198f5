package Banyan::ReadAhead;

# Modules that are read before the fork, for all children to come, and what else is done once instead of in each of them.
# Nothing of it may be seen by a script.

use strict;
use warnings;
use Fcntl ();
use POSIX ();

our @own;                          # folders of the site's own modules
my %loaded;                        # FILE => [ path, its state ]
my $carp = 'CGI/Carp.pm';
my ( $carp_warn, $carp_die, %carp_names );    # what it has taken over, and where its names are
my %reads_more = map { $_ => 1 } qw(base parent if autouse);
my $is_tidy = 0;
my $room = 1024;                  # strings that a script may add; more would scatter them over more pages

# Modules that look at $0 or the like while they are read: what they find belongs to one script only.
my %never = map { $_ => 1 } qw(FindBin.pm threads.pm threads/shared.pm);

# What a web server says of one request only. A module that looks at one of these while it is read is not read early.
my $of_request = qr/^(?:HTTP_|REQUEST_|REMOTE_|CONTENT_|PATH_|SCRIPT_|REDIRECT_|AUTH_|SERVER_(?:NAME|PORT|ADDR|PROTOCOL)$|QUERY_STRING$|HTTPS$)/;

# Reads a module for all children to come, where that changes nothing else.
sub load {
    my ($file) = @_;
    return ( 'loaded', $file ) if $loaded{$file};    # with another one
    local @INC = ( @own, @INC );
    local $0 = '-e';    # FindBin is content with it, and looks again for each script
    my $why = $never{$file} ? 'it looks at the script that reads it' : harm($file);
    if ( $why eq '' ) { read_module($file) or $why = 'it cannot be read' }
    if ( $why ne '' ) { $never{$file} = 1; return ( 'not-loaded', $file, $why ) }
    $is_tidy = 0;
    $loaded{$_} ||= [ $INC{$_}, state_of( $INC{$_} ) ] for grep { defined $INC{$_} && !ref $INC{$_} } keys %INC;
    put_carp_away() if $file eq $carp;
    return ( 'loaded', $file );
}

sub state_of { join ' ', ( stat $_[0] )[ 1, 7, 9, 10 ] }

# Whether one of the modules is not what it was when it was read.
sub is_stale { return grep { $_->[1] ne state_of( $_->[0] ) } values %loaded }

# Whether it is settled if a module is read early.
sub is_known { return $loaded{ $_[0] } || $never{ $_[0] } }

sub read_module {
    my ($file) = @_;
    return eval { require $file; 1 } if $file ne $carp;
    no warnings 'once';
    local $SIG{__WARN__};
    local *CORE::GLOBAL::die;
    my $is_read = eval { require $file; 1 };
    ( $carp_warn, $carp_die ) = ( $SIG{__WARN__}, *CORE::GLOBAL::die{CODE} );
    return $is_read;
}

# CGI::Carp takes over `warn` and `die` while it is read, for all that is compiled from then on. So it is in nobody's sight
# until a script says `use CGI::Carp`: out of %INC, and its names out of its package.
sub put_carp_away {
    no strict 'refs';
    delete $INC{$carp};
    $carp_names{$_} = \*{"CGI::Carp::$_"} for keys %CGI::Carp::;
    delete $CGI::Carp::{$_} for keys %carp_names;
}

# Where a script says `use CGI::Carp` before anything but other modules that are in memory, it gets the one that has been
# read: what happens on reading then happens on `import`, in that very line.
sub prepare {
    my ($script) = @_;
    return if !%carp_names;
    sysread $script, my $head, 8192;
    sysseek $script, 0, 0;
    while ( $head =~ /\G(?:\s|#.*\n)*(use|no)[ \t]+([A-Za-z][\w:]*)([^;\n]*);/gc ) {
        my ( $word, $module, $imports ) = ( $1, $2, $3 );
        if ( $module eq 'CGI::Carp' ) {
            bring_carp_back() if $word eq 'use' && $imports =~ /^\s*(?:$|qw\W\s*\w|['"]\w)/;
            return;
        }
        my $file = $module =~ s{::}{/}gr . '.pm';
        return if $reads_more{$module} || !$INC{$file} && !$never{$file};
    }
}

sub bring_carp_back {
    no strict 'refs';
    no warnings qw(once redefine);
    $INC{$carp} = $loaded{$carp}[0];
    *{"CGI::Carp::$_"} = *{ $carp_names{$_} } for keys %carp_names;
    my $import = \&{'CGI::Carp::import'};
    *{'CGI::Carp::import'} = sub {
        *{'CGI::Carp::import'} = $import;
        *CORE::GLOBAL::die = $carp_die if $carp_die;
        $SIG{__WARN__} = $carp_warn if $carp_warn;
        goto &$import;
    };
}

# What each child would do first, done once. Perl's table of all strings in use is given room: it doubles where it is full,
# and a child in which it did so copied pages all over the memory it shares with us. This and malloc's pieces were 219 of
# the 1,736 pages that cart.pl copied.
sub tidy {
    return if $is_tidy;
    $is_tidy = 1;
    my %room;
    @room{ map { "banyan $_" } 1 .. $room } = ();
    undef %room;
    my $large = "\0" x $room;    # malloc then joins its small free pieces, which it would do in each child
    getservbyname 'mysql', 'tcp';    # libc looks for its libraries of names in seventy places
}

# Reads a module in a child, to see what it does besides; an empty string where that is nothing.
sub harm {
    my ($file) = @_;
    pipe my $from, my $to or return 'no pipe';
    my $pid = fork;
    return 'no process' if !defined $pid;
    if ( !$pid ) {
        close $from;
        POSIX::sigprocmask( POSIX::SIG_SETMASK(), POSIX::SigSet->new );
        alarm 10;
        my $before = surroundings();
        my %looked_at;
        tie %ENV, 'Banyan::ReadAhead::Environment', \%looked_at, {%ENV};
        my $is_read = read_module($file);
        untie %ENV;
        my ($request) = sort grep { /$of_request/ } keys %looked_at;
        my $why =
            !$is_read                      ? 'it cannot be read alone'
          : $request                       ? "it looks at $request of the request while it is read"
          : surroundings() ne $before      ? 'it changes what other scripts would see'
          :                                  '';
        syswrite $to, "ok $why";
        POSIX::_exit(0);
    }
    close $to;
    local $/;
    my $why = <$from>;
    waitpid $pid, 0;
    return $why =~ s/^ok // ? $why : 'it ends the process that reads it';
}

# All that a module could change for a script that does not use it.
sub surroundings {
    no strict 'refs';
    opendir my $descriptors, '/proc/self/fd';
    my @open = grep { $_ ne fileno $descriptors } readdir $descriptors;
    my @core = map { "$_=" . ( *{"CORE::GLOBAL::$_"}{CODE} || '' ) } sort keys %CORE::GLOBAL::;
    my @signals = map { "$_=" . ( defined $SIG{$_} ? $SIG{$_} : '' ) } sort keys %SIG;
    my @variables = map { defined $_ ? $_ : 'undef' } $/, $\, $,, $|, $;, $", $0, $^W, umask, fileno select, POSIX::getcwd();
    return join "\n", @open, @core, @signals, @variables, @INC;
}

package Banyan::ReadAhead::Environment;

# %ENV as it is, noting who looks at what.
sub TIEHASH { my ( $class, $seen, $values ) = @_; return bless [ $seen, $values ], $class }
sub FETCH    { $_[0][0]{ $_[1] } = 1; return $_[0][1]{ $_[1] } }
sub EXISTS   { $_[0][0]{ $_[1] } = 1; return exists $_[0][1]{ $_[1] } }
sub STORE    { $_[0][1]{ $_[1] } = $_[2]; return }
sub DELETE   { return delete $_[0][1]{ $_[1] } }
sub CLEAR    { %{ $_[0][1] } = (); return }
sub FIRSTKEY { $_[0][0]{REQUEST_ALL} = 1; my $first = keys %{ $_[0][1] }; return each %{ $_[0][1] } }
sub NEXTKEY  { return each %{ $_[0][1] } }

1;
