/** Where JavaScript differs from Perl, and the old pages rely on Perl. */

/** What Perl has in a scalar that came out of a form, a session or a table. */
export type PerlScalar = string | number | null;

/** A scalar as a number: the digits at its front, or 0. `"10 pcs"` is 10 (perldoc perlnumber). */
export function number(value: PerlScalar): number {
  if (typeof value === 'number') return value;
  const text = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf(?:inity)?|nan))/i.exec(
    value ?? '',
  )?.[1];
  if (text === undefined) return 0;
  if (/nan/i.test(text)) return NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** Whether Perl takes a scalar for true: everything but undef, `""`, `"0"` and 0. */
export function isTrue(value: PerlScalar): boolean {
  return value !== null && value !== '' && value !== '0' && value !== 0;
}

/** `sprintf '%.2f'`. An exact half goes to the even digit in C and up in JavaScript. */
export function money(value: PerlScalar): string {
  const amount = number(value);
  if (!Number.isFinite(amount)) return Number.isNaN(amount) ? 'NaN' : amount > 0 ? 'Inf' : '-Inf';
  if (Math.abs(amount) >= 1e21) return BigInt(amount).toString() + '.00';
  const down = Math.floor(Math.abs(amount) * 100);
  const isHalf = Math.abs(amount) * 100 - down === 0.5 && Number.isInteger(amount * 1000 * 8);
  if (!isHalf) return amount.toFixed(2);
  const even = (down % 2 === 0 ? down : down + 1) / 100;
  return `${amount < 0 ? '-' : ''}${even.toFixed(2)}`;
}

/** A number as Perl prints it: 15 significant digits, no trailing zeros. */
export function print(value: PerlScalar): string {
  if (typeof value !== 'number') return value ?? '';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Inf' : '-Inf';
  return String(Number(value.toPrecision(15)));
}
