import { spawnSync } from 'node:child_process';
import { byKey } from './codec-fixtures.ts';

/**
 * What a value looks like to either language, comparable. Hashes are `['hash', …]` with their keys sorted, arrays
 * `['array', …]`, numbers that are not whole `['double', bits]`; whatever only Perl has says what it is, and our own
 * Opaque is `['other']`. Numbers and strings stay different things.
 */
export type View = null | string | number | readonly [string, ...unknown[]];

/** What Perl read: its value, and every group of places at which one and the same thing stands. */
export interface Thawed {
  readonly value: View;
  readonly shared: readonly (readonly Place[])[];
}

/** A key of the session, and the way from there. */
type Place = readonly [string, string];

/** The Perl module that wrote a kind of session. */
export interface PerlModule {
  /** Perl that loads it: `use Storable`. */
  readonly use: string;
  /** Perl that reads the bytes in `$_`, and that writes the value in `$_`. */
  readonly thaw: string;
  readonly freeze: string;
}

/** What the module reads from each of these images; an error message where it cannot. One process of Perl for all. */
export function thawInPerl(module: PerlModule, images: readonly Buffer[]): (Thawed | { error: string })[] {
  const answers = askPerl(module, 'thaw', images) as (Thawed | { error: string })[];
  return answers.map((answer) => ('error' in answer ? answer : { ...answer, value: sorted(answer.value) }));
}

/** Only the values of it. */
export function readInPerl(module: PerlModule, images: readonly Buffer[]): (View | { error: string })[] {
  return thawInPerl(module, images).map((answer) => ('error' in answer ? answer : answer.value));
}

/** What the module writes when it has read each of these. */
export function againInPerl(module: PerlModule, images: readonly Buffer[]): Buffer[] {
  return (askPerl(module, 'again', images) as string[]).map((hex) => Buffer.from(hex, 'hex'));
}

/** What Perl writes for a value that only Perl can make: each text is evaluated, in one process. */
export function madeInPerl(module: PerlModule, expressions: readonly string[]): Buffer[] {
  const texts = expressions.map((expression) => Buffer.from(expression, 'latin1'));
  return (askPerl(module, 'make', texts) as string[]).map((hex) => Buffer.from(hex, 'hex'));
}

function askPerl(module: PerlModule, command: string, batch: readonly Buffer[]): unknown {
  const script = `${module.use};\n${side}\nsub thaw { ${module.thaw} }\nsub freeze { ${module.freeze} }\n`;
  const perl = spawnSync('perl', ['-e', `${script}main();`, command], {
    input: JSON.stringify(batch.map((bytes) => bytes.toString('hex'))),
    encoding: 'utf8',
    // The order of hashes is part of what we must keep; the same one on every run.
    env: { ...process.env, PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (perl.status !== 0) throw new Error(`perl ${command}: ${perl.stderr}`);
  return JSON.parse(perl.stdout);
}

/** Sorts the keys of every hash, as JavaScript sorts. */
function sorted(view: View): View {
  if (!Array.isArray(view)) return view;
  const [kind, ...rest] = view as [string, ...View[]];
  if (kind !== 'hash') return [kind, ...rest.map(sorted)];
  return [kind, ...(rest as [string, View][]).map(([key, inner]) => [key, sorted(inner)]).sort(byKey)];
}

/** The view of a value that our codec read or a test made. */
export function viewOfValue(value: unknown): View {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return ['double', bitsOf(value)];
  if (typeof value === 'number') return value + 0;
  if (value === null || typeof value === 'string') return value;
  if (Array.isArray(value)) return ['array', ...value.map(viewOfValue)];
  if (Object.isFrozen(value) && (value as { opaque?: unknown }).opaque === true) return ['other'];
  const entries = Object.entries(value as object).map(([key, inner]) => [key, viewOfValue(inner)]);
  return ['hash', ...entries.sort(byKey)];
}

/** Whether we read what Perl reads; an Opaque of ours stands for anything that Perl may have there. */
export function agrees(ours: unknown, perls: unknown): boolean {
  if (Array.isArray(ours) && ours[0] === 'other') return true;
  if (!Array.isArray(ours) || !Array.isArray(perls)) return ours === perls;
  return ours.length === perls.length && ours.every((part, index) => agrees(part, perls[index]));
}

function bitsOf(value: number): string {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return bits.toString('hex');
}

/** The Perl side: a JSON list of hex comes in, a JSON list goes out. */
const side = String.raw`
use strict; use warnings; no warnings 'recursion';
use B (); use Hash::Util (); use JSON::PP (); use Math::BigInt (); use Scalar::Util qw(blessed isweak refaddr reftype);
use re ();

package My::Hooked;
sub STORABLE_freeze { my ($self) = @_; return ($self->{n}, $self->{extra} ? $self->{extra} : ()) }
sub STORABLE_thaw { my ($self, $cloning, $text, $extra) = @_; $self->{n} = $text; $self->{extra} = $extra if $extra }
package My::HookedList;
sub STORABLE_freeze { my ($self) = @_; return ('L' x 300, @$self) }
sub STORABLE_thaw { my ($self, $cloning, $text, @parts) = @_; @$self = @parts }
package My::Over;
use overload '""' => sub { 'over' }, fallback => 1;
package main;

sub main {
    my $json = JSON::PP->new->ascii->canonical->allow_nonref->max_depth(100_000);
    my $batch = $json->decode(do { local $/; <STDIN> });
    my %commands = (thaw => \&view_of, again => \&again, make => \&make);
    print $json->encode([map { $commands{$ARGV[0]}->(pack 'H*', $_) } @$batch]);
}

sub again { local $_ = shift; $_ = thaw(); return unpack 'H*', freeze() }

sub make { my $value = eval $_[0]; die $@ if $@; local $_ = $value; return unpack 'H*', freeze() }

sub view_of {
    local $_ = shift;
    my $session = eval { thaw() };
    return {error => "$@" || 'nothing came back'} if !ref $session;
    my %places;
    my $value = view($session, [], [], \%places);
    return {value => $value, shared => [sort { told($a) cmp told($b) } map { [sort { "@$a" cmp "@$b" } @$_] } grep { @$_ > 1 } values %places]};
}

sub told { return join "\n", map { "@$_" } @{$_[0]} }

sub view {
    my ($value, $around, $path, $places) = @_;
    return undef if !defined $value;
    return plain($value) if !defined reftype($value);    # a class may be called '0'
    my $address = refaddr $value;
    push @{$places->{$address}}, [@$path ? $path->[0] : '', join '/', @$path[1 .. $#$path]];
    for my $level (0 .. $#$around) { return ['cycle', @$around - $level] if $around->[$level] == $address }
    my $inner = inside($value, reftype($value), [@$around, $address], $path, $places);
    return $inner if !defined blessed($value);
    (my $class = blessed($value)) =~ s/^Safe::Root\d+::/Safe::Root::/;    # every Safe has a number of its own
    return ['blessed', $class, $inner];
}

sub inside {
    my ($value, $kind, @rest) = @_;
    if (re::is_regexp($value)) {
        my ($pattern, $flags) = re::regexp_pattern($value);
        $flags =~ tr/u//d;    # comes and goes with the UTF-8 flag of the text that it was compiled from
        return ['regexp', $pattern, $flags];
    }
    if ($kind eq 'ARRAY') {
        return ['tied', view(tied(@$value), @rest)] if tied @$value;
        return ['array', map { exists $value->[$_] ? part(\$value->[$_], $_, @rest) : undef } 0 .. $#$value];
    }
    if ($kind eq 'HASH') {
        return ['tied', view(tied(%$value), @rest)] if tied %$value;
        my @parts = map { ["$_", part(\$value->{$_}, $_, @rest)] } keys %$value;
        return [Hash::Util::hash_locked(%$value) ? 'restricted' : 'hash', @parts];
    }
    return ['code', $value->()] if $kind eq 'CODE';
    return ['tied', view(tied($$value), @rest)] if tied $$value;
    return ['reference', part($value, '$', @rest)];
}

sub part {
    my ($slot, $name, $around, $path, $places) = @_;
    push @{$places->{refaddr $slot}}, [@$path ? ($path->[0], join '/', @$path[1 .. $#$path], $name) : ($name, '')];
    my $inner = view($$slot, $around, [@$path, $name], $places);
    return isweak($$slot) ? ['weak', $inner] : $inner;
}

sub plain {
    my ($value) = @_;
    return ['vstring', unpack 'H*', $value] if ref \$value eq 'VSTRING';
    my $flags = B::svref_2object(\$value)->FLAGS;
    return "$value" if $flags & B::SVf_POK;    # it may know the number too
    return $value =~ /^-?\d+$/ && sprintf('%.0f', unpack 'd', pack 'd', $value) eq $value ? number($value) : ['other'] if $flags & B::SVf_IOK;
    return number($value);
}

# Perl keeps whole doubles as integers where it can; they are the same number.
sub number {
    my ($value) = @_;
    return abs($value) < 2**53 && $value == int $value ? 0 + $value : ['double', unpack 'H*', pack 'd>', $value];
}
`;
