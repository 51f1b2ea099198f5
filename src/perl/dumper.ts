import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import type { SessionData, SessionValue } from '../session/session.ts';
import { dialect2, dialect3, dialect40, dialect420, dialectOwn } from './dumper-dialects.ts';
import type { Dialect } from './dumper-dialects.ts';
import { makeOpaque } from './dumper-opaque.ts';
import { parseDumper } from './dumper-parse.ts';
import type { DumperNode, DumperText } from './dumper-parse.ts';
import { writeDumper } from './dumper-write.ts';

/**
 * CGI::Session's default serializer, 4.20–4.48 (perl.md 1.1 and 1.5).
 *
 * Reading: bare whole numbers are numbers, everything in quotes is a string ('5' too), undef is null, and bytes
 * 0x80–0xff are U+0080–U+00FF. What JavaScript has no value for is an Opaque: objects, references, regular
 * expressions, v-strings, code, text outside Unicode, bare integers beyond 2^53, and every key of the session that a
 * fixup touches. A wide session of the pure-Perl writer holds UTF-8 bytes; Perl reads them as bytes, and so do we.
 *
 * Writing: along `like`, so that what did not change keeps its bytes; new values in the style of the XS writer.
 */
export const dumperCodec: SessionCodec = dumper(dialect420);

/** CGI::Session 4.0–4.1x. A path that Perl reads as undef is null here too, and becomes undef when others change. */
export const dumper40Codec: SessionCodec = dumper(dialect40);

/** CGI::Session 3.x, which reads one line only. */
export const dumper3Codec: SessionCodec = dumper(dialect3);

/** CGI::Session 2.x. */
export const dumper2Codec: SessionCodec = dumper(dialect2);

/** Data::Dumper by the scripts' own hand: `$VAR1` or another name or none, any Indent, Useqq or not, Purity or not. */
export const dumperEvalCodec: SessionCodec = dumper(dialectOwn);

function dumper(dialect: Dialect): SessionCodec {
  return {
    name: dialect.name,
    decode: (bytes) => decode(bytes, dialect),
    encode: (data, like) => encode(data, like, dialect),
  };
}

function decode(bytes: Buffer, dialect: Dialect): SessionData {
  const text = parseSession(bytes, dialect);
  const shared = new Set(text.fixups.flatMap((fixup) => fixup.rootKeys));
  const data: SessionData = Object.create(null);
  for (const [key, { value }] of text.root.entries) {
    data[key] = shared.has(key) ? opaque(text, value, 'shared or cyclic', key) : toValue(text, value);
  }
  return data;
}

function encode(data: SessionData, like: Buffer | null, dialect: Dialect): Buffer {
  const along = like === null ? null : parseSession(like, dialect);
  const written = Buffer.from(writeDumper(data, along, dialect), 'latin1');
  try {
    // Perl evaluates these bytes. Nothing leaves here that is not the fixed grammar of a session.
    parseSession(written, dialect);
  } catch (cause) {
    throw new Problem('SESSION_UNWRITABLE', 'the session would not read back', cause);
  }
  return written;
}

/** A session is a hash; CGI::Session cannot load anything else. */
function parseSession(
  bytes: Buffer,
  dialect: Dialect,
): DumperText & { readonly root: { readonly kind: 'hash' } } {
  const text = parseDumper(bytes, dialect);
  const { root } = text;
  if (root.kind === 'hash') return { ...text, root };
  throw new Problem(
    'SESSION_UNREADABLE',
    `Data::Dumper session, byte ${root.start}: a session must be a hash`,
  );
}

function toValue(text: DumperText, node: DumperNode): SessionValue {
  switch (node.kind) {
    case 'undef':
      return null;
    case 'string':
      return node.text ?? opaque(text, node, 'text outside Unicode');
    case 'int': {
      const number = Number(text.source.slice(node.start, node.end));
      return Number.isSafeInteger(number) ? number : opaque(text, node, 'integer beyond 2^53');
    }
    case 'array':
      return node.items.map((item) => toValue(text, item));
    case 'hash': {
      const hash: SessionData = Object.create(null);
      for (const [key, { value }] of node.entries) hash[key] = toValue(text, value);
      return hash;
    }
    case 'blessed':
      return opaque(text, node, `blessed ${node.className}`);
    case 'alias':
      return node.reads === undefined ? opaque(text, node, 'shared or cyclic') : node.reads;
    case 'reference':
    case 'regexp':
    case 'version':
    case 'code':
    case 'placeholder':
      return opaque(text, node, summaries[node.kind]);
  }
}

const summaries = {
  reference: 'reference',
  regexp: 'regular expression',
  version: 'v-string',
  code: 'code',
  placeholder: 'shared or cyclic',
};

function opaque(
  text: DumperText,
  { start, end }: DumperNode,
  summary: string,
  boundTo: string | null = null,
): SessionValue {
  return makeOpaque(summary, { text, start, end, boundTo });
}
