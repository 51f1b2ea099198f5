package main;

# Where the program of a script is compiled: no variable of ours is in sight.
sub Banyan::KeptScript::compiled { eval $_[0] }

package Banyan::KeptScript;

# A script that stays (`persistent:`): compiled once, and called for one request after another, as mod_perl's Registry does
# it. After each request it is looked at what the script has left in variables: where there is anything, this process has
# served its last request, and the script is not kept any more. fork-server.pl has forked this process, which serves this
# one script for the rest of its life.

use strict;
use warnings;
use B ();
BEGIN { *CORE::GLOBAL::exit = sub (;$) { die bless { code => @_ ? $_[0] : 0 }, 'Banyan::KeptScript::Exit' } }

my $most_requests = 1000;    # then a fresh process: what little each request leaves behind does not add up
my $most_looked_at = 100;     # elements of a variable that are compared
my ( $read, @packages ) = ('');    # the modules in memory, and the packages of the site's own
my %names;                         # package => its names, joined, and those that may be variables

no warnings 'once';           # of the fork server's variables, in its own file

# Serves the first order and all that follow. Returns where the script cannot be kept: the caller runs it as ever.
sub serve {
    my ( $number, $out, $err, $order ) = @_;
    my $script = $order->[2];
    my ( $switches, $source, $data ) = source_of($script) or return;
    $^W = 1 if $switches =~ /w/;
    my $call = compile( $script, $source ) or return;
    my @script_ends = take_ends();
    my %files = map { $_ => Banyan::ReadAhead::state_of($_) } $script, grep { defined && !ref } values %INC;
    my %functions;
    my %before = variables( \%functions );
    my %signals = %SIG;
    for my $count ( 1 .. $most_requests ) {
        my $status = request( $out, $err, $order, $call, $data, @script_ends );
        put_back( \%signals );
        my %now = variables( \%functions );
        my @left = grep { !$Banyan::ForkServer::may_leave{$_} && ( $before{$_} || '' ) ne $now{$_} } sort keys %now;
        Banyan::ForkServer::report( '!unfit', $script, @left[ 0 .. ( $#left > 9 ? 9 : $#left ) ] ) if @left;
        CORE::exit($status) if @left || $count == $most_requests;
        ( $out, $err ) = map { Banyan::ForkServer::connection("$number $_ $$ $status") } qw(out err);
        $order = Banyan::ForkServer::order_from($out) or CORE::exit(0);
        # A file that has changed: this request, and the end of this process, are a fresh perl's.
        return ( $out, $err, $order ) if grep { $files{$_} ne Banyan::ReadAhead::state_of($_) } keys %files;
    }
}

# The switches of its first line, the program, and what follows __END__ or __DATA__.
sub source_of {
    my ($script) = @_;
    open my $file, '<', $script or return;
    my $text = do { local $/; <$file> };
    my ($switches) = $text =~ /\A#!\S*perl\S*[ \t]*(.*)/ ? $1 : '';
    my ( $source, $data ) = split /^__(?:END|DATA)__\r?\n/m, $text, 2;
    return ( $switches, $source, $data );
}

# The script as a function of package main. A named function that uses a variable of the script's own would go on with
# the first request's: such a script is not kept.
sub compile {
    my ( $script, $source ) = @_;
    my $unshared;
    local $SIG{__WARN__} = sub { $_[0] =~ /^Variable "(.+?)" (?:will not stay shared|is not available)/ ? $unshared = $1 : warn @_ };
    my $call = compiled("use warnings 'closure'; sub {\n#line 1 \"$script\"\n$source\n}");
    return $call if $call && !defined $unshared;
    Banyan::ForkServer::report( '!unfit', $script, defined $unshared ? $unshared : '(compile)' );
    return;
}

# The END blocks of the site's own files, which are run after each request; others wait for the end of the process.
sub take_ends {
    my $all = B::end_av();
    return if !$all->isa('B::AV');
    my ( $blocks, @blocks ) = ( $all->object_2svref, $all->ARRAY );
    my @own;
    for my $at ( reverse 0 .. $#blocks ) {
        next if !Banyan::ForkServer::is_own( $blocks[$at]->FILE );
        unshift @own, $blocks[$at]->object_2svref;
        splice @$blocks, $at, 1;
    }
    return @own;
}

# One request. Returns the exit code it would have had.
sub request {
    my ( $out, $err, $order, $call, $data, @ends ) = @_;
    my ( undef, $directory, $script, $arguments, @rest ) = @$order;
    my @kept = ( $/, $\, $,, $;, $", $^W, umask );
    # Opened over what they were: they keep their descriptors 0, 1 and 2.
    open STDIN,  '<&', $err;
    open STDOUT, '>&', $out;
    open STDERR, '>&', $err;
    close $_ for $out, $err;
    select STDERR; $| = 1;
    select STDOUT; $| = 0;
    @ARGV = splice @rest, 0, $arguments;
    %ENV  = map { split /=/, $_, 2 } @rest;
    ( $0, $^T, $@, $!, $? ) = ( $script, time, '', 0, 0 );
    chdir $directory;
    # As CGI.pm does it under mod_perl: its memory is new, and what the script has asked of it (-utf8, -nosticky) stays.
    if ( defined &CGI::initialize_globals ) { CGI::initialize_globals(); CGI->_setup_symbols(@CGI::SAVED_SYMBOLS) if @CGI::SAVED_SYMBOLS }
    if ( defined $data ) { no warnings; open main::DATA, '<', \$data }
    my $status = finish($call);
    for my $end (@ends) { $? = $status; my $later = finish($end); $status = $later || $? }
    open $_, '>', '/dev/null' for \*STDOUT, \*STDERR;    # what was printed is sent, and the answer is over
    open STDIN, '<', '/dev/null';
    ( $/, $\, $,, $;, $", $^W ) = @kept;
    umask $kept[6];
    return $status & 255;
}

# Handlers of signals, as they were. Each look at one is a system call.
sub put_back {
    my ($signals) = @_;
    for ( keys %SIG ) {
        my ( $before, $now ) = map { defined $_ ? $_ : '' } $signals->{$_}, $SIG{$_};
        $SIG{$_} = $before ne '' ? $before : 'DEFAULT' if $now ne $before;
    }
    return;
}

# Runs code to its end, and gives the exit code that perl would have made of it.
sub finish {
    my ($code) = @_;
    return 0 if eval { $code->(); 1 };
    return $@->{code} if ref $@ && ref $@ eq 'Banyan::KeptScript::Exit';
    print {*STDERR} $@;
    return $! + 0 || ( $? >> 8 ) || 255;
}

# What holds something of all that a script can leave something in: package variables of main and of the site's own
# packages, and variables of files that named functions there use. name => what it holds, as far as it is looked at.
sub variables {
    my ($functions) = @_;
    my $is_first = !%$functions;
    my %found;
    for my $package ( 'main', own_packages() ) {
        no strict 'refs';
        my $prefix = $package eq 'main' ? '' : "${package}::";
        my $symbols = \%{"${package}::"};
        for my $name ( names_of( $package, $symbols ) ) {
            my $glob = \$symbols->{$name};
            next if ref $glob ne 'GLOB';
            note_variable( \%found, "\$$prefix$name", *{$glob}{SCALAR} );
            note_variable( \%found, "\@$prefix$name", *{$glob}{ARRAY} ) if *{$glob}{ARRAY};
            note_variable( \%found, "%$prefix$name", *{$glob}{HASH} ) if *{$glob}{HASH};
            my $code = *{$glob}{CODE} or next;
            my $captured = $functions->{$code};
            $captured = [ $code, captured($code) ] if !$captured;
            $functions->{$code} = $captured if $is_first;    # its address stays its own: we hold it
            note_variable( \%found, @$_ ) for @$captured[ 1 .. $#$captured ];
        }
    }
    return %found;
}

# Packages of the site's own modules, of which there may be more after each request.
sub own_packages {
    my $now = join "\0", %INC;
    return @packages if $now eq $read;
    $read = $now;
    my %own = map { s{/}{::}gr =~ s/\.pm\z//r => 1 } grep { /\.pm\z/ && defined $INC{$_} && !ref $INC{$_} && Banyan::ForkServer::is_own( $INC{$_} ) } keys %INC;
    return @packages = sort keys %own;
}

# Names in a package that can be a script's variables.
sub names_of {
    my ( $package, $symbols ) = @_;
    my $known = $names{$package} ||= [''];
    my $now = join "\0", keys %$symbols;
    @$known = ( $now, grep { /^[A-Za-z_]\w*\z/ && !/^(?:ENV|INC|ARGV|ARGVOUT|STDIN|STDOUT|STDERR|DATA|SIG|_)\z/ } keys %$symbols ) if $now ne $known->[0];
    return @$known[ 1 .. $#$known ];
}

# The variables of its file that a function uses: it goes on with them at the next request. Pairs of name and variable.
sub captured {
    my ($code) = @_;
    my $function = B::svref_2object($code);
    return if !$function->can('PADLIST') || !$function->PADLIST->isa('B::PADLIST') || $function->XSUB || !Banyan::ForkServer::is_own( $function->FILE || '' );
    my $package = $function->STASH->NAME;    # a function may have been exported to where it was found
    my $prefix = $package eq 'main' ? '' : "${package}::";
    my ( $names, $values ) = map { [ $_->ARRAY ] } $function->PADLIST->ARRAY;
    my @captured;
    for my $at ( 1 .. $#$names ) {
        my $name = $names->[$at];
        next if !$name->can('PV') || !defined $name->PV || $name->PV !~ /^[\$\@%]\w/ || !( $name->FLAGS & B::PADNAMEt_OUTER() );
        my ( $sigil, $variable ) = ( substr( $name->PV, 0, 1 ), $values->[$at]->object_2svref );
        # The pattern of a closure has no variables yet: what stands in their places is undef, of no kind.
        next if $sigil ne '$' && !UNIVERSAL::isa( $variable, $sigil eq '@' ? 'ARRAY' : 'HASH' );
        push @captured, [ $sigil . $prefix . substr( $name->PV, 1 ), $variable ];
    }
    return @captured;
}

# Of a list or a map that is how many elements it has, and the first of them.
sub note_variable {
    my ( $found, $name, $variable ) = @_;
    my $kind = substr $name, 0, 1;
    if ( $kind eq '$' ) { $found->{$name} = "1\0$$variable" if defined $$variable; return }
    my @held = $kind eq '@' ? @$variable : map { $_ => $variable->{$_} } sort keys %$variable;
    $found->{$name} = join "\0", scalar @held, map { defined $_ ? $_ : '' } @held > $most_looked_at ? @held[ 0 .. $most_looked_at ] : @held if @held;
    return;
}

1;
