import { readFileSync } from 'node:fs';
import type { View } from './codec-perl.ts';

/** One session that a real Perl wrote, and what the same Perl read back from it. */
export interface CodecFixture {
  /** `cart`. */
  readonly session: string;
  readonly bytes: Buffer;
  /** Null where Perl was given characters and we are given their UTF-8: it was not asked what it reads then. */
  readonly thawed: View | null;
  /** Whether Perl could not read it again. */
  readonly failed: boolean;
}

/** How the fixtures' index describes a value; its describe_help names the tags. */
interface Described {
  readonly t: string;
  readonly v?: unknown;
  readonly le?: string;
  readonly hex?: string;
  readonly cp?: string;
  readonly class?: string;
}

interface Recorded {
  readonly file?: string;
  readonly wide?: boolean;
  readonly thaw?: 'identical' | Described;
}

interface Index {
  readonly cases: readonly {
    readonly name: string;
    readonly value: Described;
    /** By serializer. */
    readonly files: Record<string, Recorded>;
  }[];
}

const folder = new URL('../fixtures/perl/', import.meta.url);

/** Every session that one serializer wrote: `cgisession-storable`. */
export function codecFixtures(serializer: string): CodecFixture[] {
  const index = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as Index;
  return index.cases.flatMap(({ name, value, files }) => {
    const { file, wide, thaw } = files[serializer] ?? {};
    if (file === undefined) return [];
    const recorded = thaw === 'identical' ? value : thaw;
    const thawed = recorded === undefined || wide === true ? null : viewOf(recorded);
    return [{ session: name, bytes: codecFixture(name, serializer), thawed, failed: thaw === undefined }];
  });
}

/** The bytes of one session that one serializer wrote. */
export function codecFixture(session: string, serializer: string): Buffer {
  return readFileSync(new URL(`${session}.${serializer}.bin`, folder));
}

function viewOf(described: Described): View {
  if (described.class !== undefined) return ['other'];
  switch (described.t) {
    case 'undef':
    case 'nonexistent':
      return null;
    case 'int': {
      const value = Number(described.v);
      return Number.isSafeInteger(value) ? value : ['other'];
    }
    case 'num': {
      const bytes = Buffer.from(described.le ?? '', 'hex').reverse();
      const value = bytes.readDoubleBE();
      return Number.isSafeInteger(value) ? value : ['double', bytes.toString('hex')];
    }
    case 'str':
      return described.v as string;
    case 'bytes':
      return Buffer.from(described.hex ?? '', 'hex').toString('latin1');
    case 'ustr':
      return fromCodePoints(described.cp ?? '');
    case 'array':
      return ['array', ...(described.v as Described[]).map(viewOf)];
    case 'hash':
      return [
        'hash',
        ...(described.v as [Key, Described][]).map(([key, v]) => [keyText(key), viewOf(v)]).sort(byKey),
      ];
    default:
      return ['other'];
  }
}

type Key = string | { readonly b?: string; readonly u?: string };

function keyText(key: Key): string {
  if (typeof key === 'string') return key;
  return key.b === undefined ? fromCodePoints(key.u ?? '') : Buffer.from(key.b, 'hex').toString('latin1');
}

function fromCodePoints(hex: string): string {
  const codes = hex.split(' ').filter((code) => code !== '');
  return String.fromCodePoint(...codes.map((code) => Number.parseInt(code, 16)));
}

/** The order in which views have their keys. */
export function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return (a as string) < (b as string) ? -1 : 1;
}
