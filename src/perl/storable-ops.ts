/** The opcodes of Storable 2 (perl.md 3). LOBJECT (0x21), for things above 2 GiB, is refused. */
export const op = {
  object: 0x00,
  longScalar: 0x01,
  array: 0x02,
  hash: 0x03,
  reference: 0x04,
  undef: 0x05,
  integer: 0x06,
  double: 0x07,
  byte: 0x08,
  networkInteger: 0x09,
  scalar: 0x0a,
  tiedArray: 0x0b,
  tiedHash: 0x0c,
  tiedScalar: 0x0d,
  /** Perl's one undef; in an array, an element that does not exist. */
  immortalUndef: 0x0e,
  yes: 0x0f,
  no: 0x10,
  bless: 0x11,
  indexedBless: 0x12,
  hook: 0x13,
  overload: 0x14,
  tiedKey: 0x15,
  tiedIndex: 0x16,
  utf8: 0x17,
  longUtf8: 0x18,
  flagHash: 0x19,
  code: 0x1a,
  weakReference: 0x1b,
  weakOverload: 0x1c,
  vstring: 0x1d,
  longVstring: 0x1e,
  undefElement: 0x1f,
  regexp: 0x20,
  /** Since Perl 5.38. */
  true: 0x22,
  false: 0x23,
} as const;

/** The flags byte of a FLAG_HASH. */
export const hashFlag = { restricted: 1 } as const;

/** The flags byte of one key in a FLAG_HASH. */
export const keyFlag = {
  utf8: 1,
  /** The key itself is a scalar; no Perl ever wrote that. */
  scalar: 8,
  /** A key that a restricted hash may have but does not. */
  placeholder: 16,
} as const;

/** The flags byte of a HOOK. */
export const hookFlag = {
  /** 0 scalar, 1 array, 2 hash, 3 something tied. */
  type: 0x03,
  longClass: 0x04,
  longFrozen: 0x08,
  longList: 0x10,
  knownClass: 0x20,
  inside: 0x40,
  list: 0x80,
} as const;
