import type { SessionCodec } from '../session/codec.ts';
import type { SessionData } from '../session/session.ts';
import { Reader } from './storable-bytes.ts';
import { newHeaders } from './storable-header.ts';
import type { Header, StorableOrder } from './storable-header.ts';
import { parseStorable } from './storable-parse.ts';
import type { StorableImage, StorableNode } from './storable-node.ts';
import { viewOf } from './storable-view.ts';
import { writeStorable } from './storable-write.ts';

/**
 * Storable (perl.md 3), as Apache::Session writes it: new sessions in network order. It reads every order.
 *
 * Reading: undef, byte strings (bytes 0x80–0xff are U+0080–U+00FF), UTF-8 strings, integers and doubles are what they
 * are in JavaScript; a string of digits stays a string. References to hashes and arrays are transparent. What
 * JavaScript has no value for is an Opaque: objects, hooks, references to anything else, weak references, regular
 * expressions, v-strings, code, tied things, integers beyond 2^53, text outside Unicode, and whatever is reachable by
 * two ways. Nothing is ever thawed by running it.
 *
 * Writing: along `like`, in its dialect. The session is a graph, and it is the graph that is written: what was shared
 * stays shared, also if the place that held it is gone.
 */
export const storableCodec: SessionCodec = storable({ order: 'network' });

/** Storable whose new sessions are in an order of their own: CGI::Session writes 'native', Apache::Session 'network'. */
export function storable({ order }: { order: StorableOrder }): SessionCodec {
  return {
    name: 'storable',
    decode(bytes: Buffer): SessionData {
      const image = parseSession(bytes);
      return viewOf(image, image.root.entries);
    },
    encode(data: SessionData, like: Buffer | null): Buffer {
      if (like === null) return writeStorable(data, null, newHeaders[order]);
      const image = parseSession(like);
      return writeStorable(data, image, headerOf(image));
    },
  };
}

type Session = StorableImage & { readonly root: Extract<StorableNode, { kind: 'hash' }> };

/** A session is a hash without a class; CGI::Session and Apache::Session cannot load anything else. */
function parseSession(bytes: Buffer): Session {
  const image = parseStorable(bytes);
  const { root } = image;
  if (root.kind !== 'hash') return refuse(image, 'a session must be a hash');
  if (root.className !== null) return refuse(image, 'a session must be a hash without a class');
  if (root.entries.some(({ key }) => key === null)) return refuse(image, 'a key outside Unicode');
  return { ...image, root };
}

function refuse({ source, root }: StorableImage, reason: string): never {
  return new Reader(source).fail(reason, root.start);
}

function headerOf({ source, dialect, root }: StorableImage): Header {
  return { bytes: source.subarray(0, root.start), dialect };
}
