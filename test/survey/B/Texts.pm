package B::Texts;

# perl -I test/survey -MO=Texts SCRIPT: compiles a script, runs none of it, and prints as JSON which texts stand in its
# code and in its subs: what Perl itself has read.

use strict;
use B qw(main_cv main_root svref_2object class);
use JSON::PP;

my (%seen, $cv);

sub compile {
    my $script = $0;
    return sub {
        no strict 'refs';
        $cv = main_cv;
        walk(main_root);
        foreach my $name (keys %main::) {
            next unless defined &{"main::$name"};
            $cv = svref_2object(\&{"main::$name"});
            walk($cv->ROOT) if $cv->FILE eq $script && class($cv->ROOT) ne 'NULL';
        }
        binmode STDOUT, ':raw';
        print JSON::PP->new->latin1->encode([ sort keys %seen ]);
    };
}

sub walk {
    my $op = shift;
    return if !$$op || class($op) eq 'NULL';
    note($op->sv) if $op->name =~ /^(?:const|method_named)$/ && $op->can('sv') && ${ $op->sv };
    note(($cv->PADLIST->ARRAY)[1]->ARRAYelt($op->targ)) if $op->name eq 'const' && !${ $op->sv };
    if ($op->name eq 'multideref') { ref && $_->isa('B::PV') and note($_) foreach $op->aux_list($cv) }
    return unless $op->flags & B::OPf_KIDS;
    for (my $kid = $op->first; $kid && $$kid; $kid = $kid->sibling) { walk($kid) }
    walk($op->pmreplroot) if class($op) eq 'PMOP' && ref($op->pmreplroot) && $op->pmreplroot->isa('B::OP');
}

sub note { my $sv = shift; $seen{ $sv->PV } = 1 if $sv->can('PV') && defined $sv->PV && $sv->POK }

1;
