import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import { base64 } from './armour.ts';
import { makeOpaque, provenanceOf } from './dumper-opaque.ts';
import { storableCodec } from './storable.ts';
import type { StorableNode } from './storable-node.ts';
import { op } from './storable-ops.ts';
import { parseStorable } from './storable-parse.ts';

/** The key under which frozenCodec has its value. */
export const only = 'value';

/**
 * One value that is no text, as ticket systems keep it in a row: nfreeze of a hash, an array or a reference to a
 * scalar, in Base64. Storable's codec knows sessions, which are hashes; so the value is read as one of a single key.
 *
 * Storable refers back by number, and the hash around it would shift all of them: what refers back is kept whole.
 */
export const frozenCodec: SessionCodec = base64({
  name: 'frozen',
  decode(bytes) {
    if (refersBack(bytes)) {
      const text = { source: bytes.toString('latin1') };
      const place = { text, start: 0, end: bytes.length, boundTo: null };
      return Object.assign(Object.create(null), { [only]: makeOpaque('shared or cyclic', place) });
    }
    return storableCodec.decode(wrap(bytes));
  },
  encode(data, like) {
    const source = provenanceOf(data[only])?.text.source;
    if (like !== null && source !== undefined && source === like.toString('latin1')) return like;
    const session = like === null || refersBack(like) ? null : wrap(like);
    const written = storableCodec.encode(data, session);
    return like !== null && session?.equals(written) === true ? like : unwrap(written);
  },
});

function refersBack(bytes: Buffer): boolean {
  return parseStorable(bytes).nodes.some(({ shared }) => shared);
}

/** To Perl such a one stands for itself, and not for a reference to it. */
function isScalar({ kind, className }: StorableNode): boolean {
  return className === null && (kind === 'undef' || kind === 'number' || kind === 'string');
}

/** A hash of one key around what was frozen. */
function wrap(bytes: Buffer): Buffer {
  const { source, root, dialect } = parseStorable(bytes);
  const number = (value: number): Buffer => {
    const four = Buffer.alloc(4);
    if (dialect.bigEndian) four.writeUInt32BE(value);
    else four.writeUInt32LE(value);
    return four;
  };
  return Buffer.concat([
    source.subarray(0, root.start),
    Buffer.from([op.hash]),
    number(1),
    Buffer.from(isScalar(root) ? [] : [op.reference]),
    source.subarray(root.start, root.end),
    number(only.length),
    Buffer.from(only),
  ]);
}

function unwrap(bytes: Buffer): Buffer {
  const { source, root, nodes } = parseStorable(bytes);
  const place = root.kind === 'hash' ? root.entries[0]?.value : undefined;
  if (place === undefined || nodes.some(({ shared }) => shared))
    throw new Problem('SESSION_UNWRITABLE', 'something in it is there twice');
  const frozen = place.kind === 'reference' ? place.target : place;
  return Buffer.concat([source.subarray(0, root.start), source.subarray(frozen.start, frozen.end)]);
}
