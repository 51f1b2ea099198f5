import type { Dialect, Reader } from './storable-bytes.ts';

/** Which of Storable's two functions wrote a session: `freeze` or `nfreeze`. */
export type StorableOrder = 'native' | 'network';

/** What stands before the first object of a new session. */
export interface Header {
  readonly bytes: Buffer;
  readonly dialect: Dialect;
}

const byteOrders: Record<string, Pick<Dialect, 'bigEndian' | 'integerBytes'>> = {
  '1234': { bigEndian: false, integerBytes: 4 },
  '4321': { bigEndian: true, integerBytes: 4 },
  '12345678': { bigEndian: false, integerBytes: 8 },
  '87654321': { bigEndian: true, integerBytes: 8 },
};

/** What Perl 5.19 and later write on a PC of 64 bits (perl.md 3). Every Perl since 5.6 reads the network order. */
export const newHeaders: Record<StorableOrder, Header> = {
  network: {
    bytes: Buffer.from('050b', 'hex'),
    dialect: { network: true, bigEndian: true, integerBytes: 8, doubleBytes: 8, minor: 11 },
  },
  native: {
    bytes: Buffer.from('040b08313233343536373804080808', 'hex'),
    dialect: { network: false, bigEndian: false, integerBytes: 8, doubleBytes: 8, minor: 11 },
  },
};

/** Reads "pst0" (only in files), the version, and in native order the sizes of C's types. */
export function readHeader(reader: Reader): Dialect {
  if (reader.bytes.toString('latin1', 0, 4) === 'pst0') reader.skip(4);
  const version = reader.byte();
  if (version >> 1 !== 2)
    reader.fail('neither freeze nor nfreeze of Storable 2 wrote this', reader.position - 1);
  const minor = reader.byte();
  if (version === 5) return { ...newHeaders.network.dialect, minor };
  const at = reader.position;
  const order = reader.bytesText(reader.byte());
  const known = Object.hasOwn(byteOrders, order) ? byteOrders[order] : undefined;
  if (known === undefined) reader.fail('an unknown byte order', at);
  if (reader.byte() !== 4) reader.fail('lengths that are not of 4 bytes', reader.position - 1);
  reader.skip(2); // the sizes of long and of pointers, which no opcode depends on
  const doubleBytes = minor >= 2 ? reader.byte() : 8;
  if (![8, 12, 16].includes(doubleBytes)) reader.fail('an unknown size of doubles', reader.position - 1);
  reader.bigEndian = known.bigEndian;
  return { network: false, ...known, doubleBytes, minor };
}
