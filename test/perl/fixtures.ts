import { readFileSync } from 'node:fs';
import type { Shape } from './real-perl.ts';

/** How the fixtures' index describes a value; its describe_help names the tags. */
interface Described {
  t: string;
  v?: unknown;
  hex?: string;
  cp?: string;
  class?: string;
}

/** A key as it is, in bytes, or in code points. */
type DescribedKey = string | { b?: string; u?: string };

/** One session that a real Perl wrote, and what the same Perl read back from it. */
export interface Fixture {
  /** `cart.cgisession-default`. */
  name: string;
  /** `cart`. */
  session: string;
  bytes: Buffer;
  /** Null for text that was a string of wide characters before it was stored as UTF-8. */
  thawed: Shape | null;
  /** Whether Perl could not read it again, or not write it in the first place. */
  failed: boolean;
}

const folder = new URL('../fixtures/perl/', import.meta.url);

/** Every session that CGI::Session's default serializer wrote, with either of Data::Dumper's two writers. */
export function dumperFixtures(): Fixture[] {
  return fixturesOf('cgisession-default', 'cgisession-default-pp');
}

/** Every session that these serializers of the index wrote. */
export function fixturesOf(...serializers: string[]): Fixture[] {
  const index = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as {
    cases: {
      name: string;
      value: Described;
      files: Record<string, { file?: string; wide?: boolean; thaw?: 'identical' | Described }>;
    }[];
  };
  return index.cases.flatMap(({ name, value, files }) =>
    Object.entries(files).flatMap(([serializer, { file, wide, thaw }]) => {
      if (!serializers.includes(serializer) || file === undefined) return [];
      const thawed = thaw === 'identical' ? value : thaw;
      return {
        name: `${name}.${serializer}`,
        session: name,
        bytes: readFileSync(new URL(file, folder)),
        thawed: wide === true || thawed === undefined ? null : shapeOfDescribed(thawed),
        failed: thaw === undefined,
      };
    }),
  );
}

/** The bytes of one fixture. */
export function fixture(session: string): Buffer {
  return readFileSync(new URL(`${session}.cgisession-default.bin`, folder));
}

function shapeOfDescribed(described: Described): Shape {
  if (described.class !== undefined) return ['other'];
  switch (described.t) {
    case 'undef':
      return null;
    case 'int':
      return Number(described.v);
    case 'str':
      return described.v as string;
    case 'bytes':
      return Buffer.from(described.hex ?? '', 'hex').toString('latin1');
    case 'ustr':
      return String.fromCodePoint(
        ...(described.cp ?? '').split(' ').map((code) => Number.parseInt(code, 16)),
      );
    case 'array':
      return ['array', ...(described.v as Described[]).map(shapeOfDescribed)];
    case 'hash':
      return [
        'hash',
        ...(described.v as [DescribedKey, Described][]).map(([key, inner]) => [
          keyOfDescribed(key),
          shapeOfDescribed(inner),
        ]),
      ];
    default:
      return ['other'];
  }
}

function keyOfDescribed(key: DescribedKey): string {
  if (typeof key === 'string') return key;
  if (key.b !== undefined) return Buffer.from(key.b, 'hex').toString('latin1');
  const codes = (key.u ?? '').split(' ').filter((code) => code !== '');
  return String.fromCodePoint(...codes.map((code) => Number.parseInt(code, 16)));
}
