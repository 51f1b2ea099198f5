import { Problem } from '../errors.ts';
import type { SessionCodec } from '../session/codec.ts';
import { base64, uuencode } from './armour.ts';
import { dumper2Codec, dumper3Codec, dumper40Codec, dumperCodec, dumperEvalCodec } from './dumper.ts';
import { freezeThawCodec } from './freeze-thaw.ts';
import { jsonCodec } from './json-session.ts';
import { rowsCodec } from './rows.ts';
import { storable, storableCodec } from './storable.ts';
import { yamlCodec, yamlSyckCodec, yamlXsCodec } from './yaml-session.ts';

const storableNative = storable({ order: 'native' });
const storableBase64 = base64(storableCodec);
const storableUuencode = uuencode(storableCodec);

/** Reads any format by its own marks; writes a session as it was read. */
const autoCodec: SessionCodec = {
  name: 'auto',
  decode: (bytes) => recognise(bytes).decode(bytes),
  encode(data, like) {
    if (like !== null) return recognise(like).encode(data, like);
    throw new Problem(
      'SESSION_UNWRITABLE',
      'a new session: name a format, for auto only goes by what is there',
    );
  },
};

/** The formats by the names that they have in settings. */
const codecs: Readonly<Record<string, SessionCodec>> = {
  auto: autoCodec,
  dumper: dumperCodec,
  'dumper-4.0': dumper40Codec,
  'dumper-3': dumper3Codec,
  'dumper-2': dumper2Codec,
  'dumper-eval': dumperEvalCodec,
  storable: storableCodec,
  'storable-native': storableNative,
  'storable-base64': storableBase64,
  'storable-uuencode': storableUuencode,
  json: jsonCodec,
  'yaml-pm': yamlCodec,
  'yaml-syck': yamlSyckCodec,
  'yaml-xs': yamlXsCodec,
  freezethaw: freezeThawCodec,
};

/** Every name that codecNamed knows. */
export const formatNames: readonly string[] = Object.keys(codecs);

/** The codec of a name, or null if there is none. */
export function codecNamed(name: string): SessionCodec | null {
  return Object.hasOwn(codecs, name) ? (codecs[name] ?? null) : null;
}

/** The codec of a name that was checked before, or `rows`, which no user names. Throws RangeError for any other. */
export function codecCalled(name: string): SessionCodec {
  const codec = name === rowsCodec.name ? rowsCodec : codecNamed(name);
  if (codec === null) throw new RangeError(`there is no session format "${name}"`);
  return codec;
}

/** The name by which settings know a codec: both orders of Storable call themselves the same. */
export function formatOf(codec: SessionCodec): string {
  return formatNames.find((name) => codecs[name] === codec) ?? codec.name;
}

/** The codec of some bytes, by their own marks. Throws Problem SESSION_UNREADABLE if they have none. */
export function recognise(bytes: Buffer): SessionCodec {
  const start = bytes.toString('latin1', 0, 4096);
  if (isStorable(bytes))
    return bytes[start.startsWith('pst0') ? 4 : 0] === 4 ? storableNative : storableCodec;
  if (start.startsWith('FrT;')) return freezeThawCodec;
  if (start.startsWith('---')) return yamlOf(bytes);
  if (/^\s*\$/.test(start)) return dumperOf(bytes, start);
  const brace = /^\s*\{\s*(.?)/s.exec(start);
  if (/^\s*\[/.test(start)) return jsonCodec;
  if (brace !== null) return afterBrace(bytes, start, brace[1] ?? '');
  // The first byte of Storable is 4 or 5, which makes `B` in base64 and `!` in uuencode.
  if (/^B[A-Za-z0-9+/\r\n]+/.test(start) && isStorable(Buffer.from(start.slice(0, 16), 'base64')))
    return storableBase64;
  if (/^[!-M]!/.test(start)) return storableUuencode;
  throw new Problem('SESSION_UNREADABLE', 'session, byte 0: no format that is known begins like this');
}

function isStorable(bytes: Buffer): boolean {
  return bytes[0] === 4 || bytes[0] === 5 || bytes.toString('latin1', 0, 4) === 'pst0';
}

function dumperOf(bytes: Buffer, start: string): SessionCodec {
  if (/^\$D = [{[](?!\s)/.test(start)) {
    const isNewest = bytes.toString('latin1', bytes.length - 3) === ';$D';
    return isNewest ? dumperCodec : dumper40Codec;
  }
  return /^\$data = [{[](?!\s)/.test(start) ? dumper2Codec : dumperEvalCodec;
}

/** `{"k":` is JSON, `{k => ` and `{'k' => ` Data::Dumper; CGI::Session 3.x has no blank after `{`. */
function afterBrace(bytes: Buffer, start: string, first: string): SessionCodec {
  if (first === '}') return jsonCodec;
  if (first === '"' && !isFatComma(bytes)) return jsonCodec;
  return /^\{\S/.test(start) ? dumper3Codec : dumperEvalCodec;
}

/** Whether `=>` and not `:` follows the first key. */
function isFatComma(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  let at = text.indexOf('"') + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return text
    .slice(at + 1, at + 20)
    .trimStart()
    .startsWith('=>');
}

/**
 * YAML::Syck ends `---` with a blank. YAML.pm and YAML::XS differ in how they indent lists; where there is none to
 * tell, both read the same, so it is YAML::XS if that can read it.
 */
function yamlOf(bytes: Buffer): SessionCodec {
  const text = bytes.toString('latin1');
  if (/^---(?: &\w+)? \n/.test(text) || text.startsWith('--- {}\n\n')) return yamlSyckCodec;
  if (!Buffer.from(bytes.toString('utf8')).equals(bytes)) return yamlCodec;
  let listOwner = -1;
  for (const line of text.split('\n')) {
    const dashes = /^ *(?:- )*/.exec(line)?.[0].length ?? 0;
    if (/^ *-$/.test(line)) return yamlCodec;
    const indent = line.search(/[^ ]/);
    if (listOwner >= 0 && line.startsWith('- ', indent)) return indent > listOwner ? yamlCodec : yamlXsCodec;
    listOwner = line.endsWith(':') ? dashes : -1;
    if (/: (?:null|true|false)$/.test(line) || line.includes('\x7f')) return yamlCodec;
  }
  return yamlXsCodec;
}
