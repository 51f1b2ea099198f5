import t from 'tap';
import { base64, uuencode } from '../../src/perl/armour.ts';
import { fifteenDigits } from '../../src/perl/dumper-literals.ts';
import { storable, storableCodec } from '../../src/perl/storable.ts';
import type { SessionCodec } from '../../src/session/codec.ts';
import type { SessionValue } from '../../src/session/session.ts';
import { codecFixtures } from '../contract/codec-fixtures.ts';
import { codecContract } from '../contract/codec.ts';

/** The sessions in which Opaques stand, and at which keys. */
const opaqueKeys: Record<string, string[]> = {
  bigint: ['big', 'f', 't'],
  blessed: ['cart', 'cart2', 'list', 'nested', 'sc', 'zero'],
  hooked: ['ex', 'g', 'h'],
  overloaded: ['o', 'o2'],
  regexp: ['re', 're2'],
  selfref: ['list', 'p', 'self'],
  shared: ['a', 'b', 'c', 'l1', 'l2', 's1', 's2'],
  vstring: ['v', 'ver'],
};

/** Integers that only native order keeps as such. */
const beyond53 = ['i-9223372036854775808', 'i9007199254740993', 'i9223372036854775807'];

/** nfreeze has integers of 32 bits; all other numbers are text, as Perl prints them. */
function numberAsText(value: number): SessionValue {
  if (Number.isInteger(value) && Math.abs(value) <= 2 ** 31 && value !== 2 ** 31) return value + 0;
  return Number.isSafeInteger(value) ? String(value) : fifteenDigits(value);
}

const suites: [string, SessionCodec, string, string, string][] = [
  [
    'cgisession-storable',
    storable({ order: 'native' }),
    'use Storable',
    'Storable::thaw($_)',
    'Storable::freeze($_)',
  ],
  ['apachesession-storable', storableCodec, 'use Storable', 'Storable::thaw($_)', 'Storable::nfreeze($_)'],
  [
    'apachesession-base64',
    base64(storableCodec),
    'use Storable; use MIME::Base64',
    'Storable::thaw(decode_base64($_))',
    'encode_base64(Storable::nfreeze($_))',
  ],
  [
    'apachesession-uuencode',
    uuencode(storableCodec),
    'use Storable',
    'Storable::thaw(unpack "u", $_)',
    'pack "u", Storable::nfreeze($_)',
  ],
];

for (const [serializer, codec, use, thaw, freeze] of suites) {
  const native = serializer === 'cgisession-storable';
  t.test(serializer, async (t) =>
    codecContract(t, {
      codec,
      perl: { use, thaw, freeze },
      fixtures: codecFixtures(serializer).filter(({ session }) => session !== 'top_array'),
      opaqueKeys: native ? { ...opaqueKeys, ints: beyond53 } : opaqueKeys,
      untouched: 'identical',
      mutations: native ? 12_000 : 4000,
      ...(native ? {} : { numberAsRead: numberAsText }),
    }),
  );
}
