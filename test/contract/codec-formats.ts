import { fifteenDigits } from '../../src/perl/dumper-literals.ts';
import { codecCalled, formatNames } from '../../src/perl/formats.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionValue } from '../../src/session/session.ts';
import { readInPerl } from './codec-perl.ts';
import type { PerlModule, View } from './codec-perl.ts';

/** A format: the codec, the Perl it is held against, and what cannot be promised of it. */
export interface Format extends Particulars {
  /** Its name in settings. */
  readonly name: string;
  readonly codec: SessionCodec;
}

interface Particulars {
  /** What its fixtures are called after. */
  readonly serializer: string;
  readonly perl: PerlModule;
  /** Fixtures that no codec could read: they are no sessions, or Perl cannot read them either. */
  readonly unreadable: readonly string[];
  /** By fixture: the keys at or in which Opaques stand. Fixtures that are not named have none. */
  readonly opaqueKeys: Readonly<Record<string, readonly string[]>>;
  /** Fixtures that can be kept and not changed. */
  readonly onlyKept: readonly string[];
  /** What a new number is once it was written: some formats have only strings. */
  readonly numberAsRead: (value: number) => SessionValue;
  /** Characters above U+00FF are refused. */
  readonly bytesOnly: boolean;
}

/** Whatever only Perl has. */
const opaqueKeys: Readonly<Record<string, readonly string[]>> = {
  bigint: ['big', 'f', 't'],
  blessed: ['cart', 'cart2', 'list', 'nested', 'sc', 'zero'],
  hooked: ['ex', 'g', 'h'],
  overloaded: ['o', 'o2'],
  regexp: ['re', 're2'],
  selfref: ['list', 'p', 'self'],
  shared: ['a', 'b', 'c', 'l1', 'l2', 's1', 's2'],
  vstring: ['v', 'ver'],
};

/** Modules that know no objects of class '0', and no v-strings either. */
const withoutOdd = { ...opaqueKeys, blessed: ['cart', 'cart2', 'list', 'nested', 'sc'], vstring: ['ver'] };

const usual = {
  unreadable: ['top_array'],
  opaqueKeys,
  onlyKept: [],
  bytesOnly: false,
};

/** Data::Dumper puts quotes around all but short whole numbers. */
const dumper = {
  ...usual,
  numberAsRead: (value: number): SessionValue => {
    const text = Number.isSafeInteger(value) ? String(value) : fifteenDigits(value);
    return Number.isSafeInteger(value) && text.length <= 10 ? value : text;
  },
};

/** Without Purity what is met again is a path, which Perl reads as undef; so there it is null and no Opaque. */
const impure = {
  ...dumper,
  opaqueKeys: { ...opaqueKeys, shared: ['s2'], hooked: ['g', 'h'], selfref: [] },
};

/** CGI::Session 4.0 and later hand what they read to Safe; what Data::Dumper is told differs. */
const dumperModule = (set: string, thaw = 'Safe->new->reval($_)'): PerlModule => ({
  use: 'use Data::Dumper; use Safe; $SIG{__WARN__} = sub { }; $Data::Dumper::Indent = 0',
  thaw: `no strict; no warnings; our $data; local $data; my $got = ${thaw}; die $@ if $@; $got`,
  freeze: `local ($Data::Dumper::Sortkeys, $Data::Dumper::Useqq) = (0, 0); ${set}`,
});

/** nfreeze has integers of 32 bits; all other numbers are text, as Perl prints them. */
const storable = {
  ...usual,
  serializer: 'apachesession-storable',
  perl: { use: 'use Storable', thaw: 'Storable::thaw($_)', freeze: 'Storable::nfreeze($_)' },
  numberAsRead: (value: number): SessionValue => {
    if (Number.isInteger(value) && Math.abs(value) <= 2 ** 31 && value !== 2 ** 31) return value;
    return Number.isSafeInteger(value) ? String(value) : fifteenDigits(value);
  },
};

/** All scalars are text. */
const text = { ...usual, numberAsRead: (value: number): SessionValue => String(value) };

const formats: Readonly<Record<string, Particulars>> = {
  dumper: {
    ...dumper,
    serializer: 'cgisession-default',
    perl: {
      use: 'use CGI::Session::Serialize::default',
      thaw: 'CGI::Session::Serialize::default->thaw($_)',
      freeze: 'CGI::Session::Serialize::default->freeze($_)',
    },
  },
  'dumper-4.0': {
    ...impure,
    serializer: 'cgisession40-default',
    opaqueKeys: { ...impure.opaqueKeys, shared: ['s1', 's2'] },
    perl: dumperModule('Data::Dumper->new([$_], ["D"])->Purity(0)->Deepcopy(1)->Quotekeys(0)->Dump'),
  },
  'dumper-3': {
    ...impure,
    serializer: 'cgisession3-default',
    // It wrote line feeds as they are and reads one line.
    unreadable: ['top_array', 'strings'],
    perl: dumperModule(
      'Data::Dumper->new([$_], ["data"])->Terse(1)->Quotekeys(0)->Dump',
      '(/^(.*)$/ ? Safe->new->reval($1) : undef)',
    ),
  },
  'dumper-2': {
    ...impure,
    serializer: 'cgisession2-default',
    perl: dumperModule('Data::Dumper->new([$_], ["data"])->Dump', 'eval $_'),
  },
  'dumper-eval': {
    ...impure,
    serializer: 'dumper-useqq',
    perl: {
      use: 'use Data::Dumper; $SIG{__WARN__} = sub { }',
      thaw: 'no strict; no warnings; our $VAR1; local $VAR1; my $got = eval $_; die $@ if $@; ref $got eq "HASH" && $VAR1 ? $VAR1 : $got',
      freeze: 'local ($Data::Dumper::Useqq, $Data::Dumper::Indent) = (1, 1); Dumper($_)',
    },
  },
  storable,
  'storable-native': {
    ...storable,
    serializer: 'cgisession-storable',
    perl: { ...storable.perl, freeze: 'Storable::freeze($_)' },
    opaqueKeys: {
      ...opaqueKeys,
      ints: ['i-9223372036854775808', 'i9007199254740993', 'i9223372036854775807'],
    },
    numberAsRead: (value) => value,
  },
  'storable-base64': {
    ...storable,
    serializer: 'apachesession-base64',
    perl: {
      use: 'use Storable; use MIME::Base64',
      thaw: 'Storable::thaw(decode_base64($_))',
      freeze: 'encode_base64(Storable::nfreeze($_))',
    },
  },
  'storable-uuencode': {
    ...storable,
    serializer: 'apachesession-uuencode',
    perl: {
      use: 'use Storable',
      thaw: 'Storable::thaw(unpack "u", $_)',
      freeze: 'pack "u", Storable::nfreeze($_)',
    },
  },
  // Text of a character column: Apache::Session::Serialize::JSON, as of Apache::Session::Browseable.
  json: {
    ...usual,
    serializer: 'apachesession-json',
    // Perl writes Inf and NaN and cannot read them.
    unreadable: ['top_array', 'floats'],
    opaqueKeys: {
      ints: [
        'i-9223372036854775808',
        'i18446744073709551615',
        'i9007199254740993',
        'i9223372036854775807',
        'i9223372036854775808',
      ],
    },
    perl: {
      use: 'use JSON ()',
      thaw: 'utf8::decode($_); JSON::from_json($_)',
      freeze: 'my $text = JSON::to_json($_); utf8::encode($text); $text',
    },
    numberAsRead: (value) => value,
  },
  'yaml-pm': {
    ...text,
    serializer: 'yaml-pp',
    // Among latin-1 bytes a wider character has no place.
    onlyKept: ['latin1'],
    opaqueKeys: withoutOdd,
    perl: {
      use: 'use YAML ()',
      thaw: 'utf8::decode($_); YAML::Load($_)',
      freeze: 'my $text = YAML::Dump($_); utf8::encode($text); $text',
    },
  },
  'yaml-syck': {
    ...text,
    serializer: 'cgisession-yaml',
    opaqueKeys: { ...opaqueKeys, vstring: ['ver'] },
    perl: { use: 'use YAML::Syck ()', thaw: 'YAML::Syck::Load($_)', freeze: 'YAML::Syck::Dump($_)' },
    bytesOnly: true,
  },
  'yaml-xs': {
    ...text,
    serializer: 'yaml-xs',
    opaqueKeys: { ...opaqueKeys, vstring: ['ver'] },
    perl: { use: 'use YAML::XS ()', thaw: 'YAML::XS::Load($_)', freeze: 'YAML::XS::Dump($_)' },
  },
  freezethaw: {
    ...text,
    serializer: 'cgisession-freezethaw',
    opaqueKeys: withoutOdd,
    // Once a character was wide, lengths are of characters, and Perl reads them only after decoding.
    perl: {
      use: 'use FreezeThaw ()',
      thaw: 'my $wide = $_; my ($got) = eval { FreezeThaw::thaw($_) }; $got // do { utf8::decode($wide); (FreezeThaw::thaw($wide))[0] }',
      freeze: 'FreezeThaw::freeze($_)',
    },
    bytesOnly: true,
    onlyKept: ['shared', 'selfref', 'blessed', 'overloaded', 'hooked', 'bigint', 'vstring'],
  },
};

/** The format of a name. Throws if somebody added a codec without telling what it is held against. */
export function formatCalled(name: string): Format {
  const particulars = formats[name];
  if (particulars === undefined) throw new Error(`nothing is known of the format "${name}"`);
  return { name, codec: codecCalled(name), ...particulars };
}

/** CGI::Session's own, as written by Data::Dumper's other writer, the one in Perl. */
export function purePerlDumper(): Format {
  const { perl, ...format } = formatCalled('dumper');
  return {
    ...format,
    serializer: 'cgisession-default-pp',
    perl: {
      ...perl,
      freeze: `local $Data::Dumper::Useperl = 1; my $text = ${perl.freeze}; utf8::encode($text) if $text =~ /[^\\0-\\xff]/; $text`,
    },
    opaqueKeys: { ...opaqueKeys, blessed: withoutOdd.blessed },
  };
}

/** Every format that is one; `auto` only chooses between them. */
export function everyFormat(): Format[] {
  return formatNames.filter((name) => name !== 'auto').map(formatCalled);
}

/** What the Perl that wrote a format reads from each of these texts; an error message where it cannot. */
export function readAs(format: string, texts: readonly Buffer[]): (View | { error: string })[] {
  return readInPerl(formatCalled(format).perl, texts);
}
