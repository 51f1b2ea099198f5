import { Mistake } from '../routing/mistake.ts';

const units = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const;

/** Bytes of a size such as `512kb` or `1mb`. `what` names the setting. Throws a Mistake [bad-size]. */
export function parseSize(text: string, what: string, least: string, most: string): number {
  const bytes = bytesOf(text);
  const shape = 'sizes are a number and b, kb, mb or gb';
  if (bytes === null) {
    const isBare = /^\d+$/.test(text);
    const message = isBare ? `${what} "${text}" has no unit` : `cannot read ${what} "${text}"`;
    throw new Mistake('bad-size', message, isBare ? `write ${text}kb or ${text}mb; ${shape}` : shape);
  }
  if (bytes >= (bytesOf(least) ?? 0) && bytes <= (bytesOf(most) ?? 0)) return bytes;
  throw new Mistake(
    'bad-size',
    `${what} "${text}" is not from ${least} to ${most}`,
    `write ${least} to ${most}`,
  );
}

function bytesOf(text: string): number | null {
  const [, digits, unit] = /^(\d{1,9})(b|kb|mb|gb)$/i.exec(text) ?? [];
  return unit === undefined ? null : Number(digits) * units[unit.toLowerCase() as keyof typeof units];
}
