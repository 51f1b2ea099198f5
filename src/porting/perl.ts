/** Where JavaScript differs from Perl, and old pages rely on Perl. docs/porting-notes.md has the table. */

/** What Perl has in a scalar that came out of a form, a session or a table. */
export type PerlScalar = string | number | null;

/** Whether Perl takes a scalar for true: everything but undef, `""`, `"0"` and 0. */
export function isTrue(value: PerlScalar): boolean {
  return value !== null && value !== '' && value !== '0' && value !== 0;
}

/** A scalar as a number: the digits at its front, or 0. `"10 pcs"` is 10 (perldoc perlnumber). */
export function number(value: PerlScalar): number {
  const amount = double(value);
  // To calculate with, a text of nothing but digits is a whole number, and there is no -0 of those.
  return amount === 0 && typeof value === 'string' && /^\s*-0+\s*$/.test(value) ? 0 : amount;
}

/** A scalar as C's strtod() reads it, which is what sprintf prints. */
function double(value: PerlScalar): number {
  if (typeof value === 'number') return value;
  const text = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf(?:inity)?|nan))/i.exec(
    value ?? '',
  )?.[1];
  if (text === undefined) return 0;
  if (/nan/i.test(text)) return NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** `int`: the part before the point. `int(-3.7)` is -3. */
export function int(value: PerlScalar): number {
  return Math.trunc(number(value)) + 0; // no -0
}

/** `%`: whole numbers, and the sign of the right one. `-7 % 3` is 2. Throws RangeError for a 0, as Perl dies. */
export function modulo(left: PerlScalar, right: PerlScalar): number {
  const [dividend, divisor] = [int(left), int(right)];
  if (divisor === 0) throw new RangeError('Illegal modulus zero');
  const rest = dividend % divisor;
  return rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest + 0;
}

/** A scalar as Perl prints it: of a number 15 digits, and none for undef. `0.1 + 0.2` is `0.3`, 0.00001 is `1e-05`. */
export function print(value: PerlScalar): string {
  if (typeof value !== 'number') return value ?? '';
  if (!Number.isFinite(value)) return notFinite(value);
  // Perl has whole numbers besides doubles, and prints all digits of those; here they are told apart by their size.
  if (Number.isSafeInteger(value)) return String(value + 0);
  return general(value, 15, false);
}

/**
 * `localtime`: seconds, minutes, hours, day of the month, month *from 0*, year *since 1900*, day of the week from
 * Sunday = 0, day of the year from 0, and 1 in summer. In the time zone of the process.
 */
export function localtime(
  at: Date,
): [number, number, number, number, number, number, number, number, number] {
  const newYear = new Date(at.getFullYear(), 0, 1);
  const midnight = new Date(at.getFullYear(), at.getMonth(), at.getDate());
  const dayOfYear = Math.round((midnight.getTime() - newYear.getTime()) / 86_400_000);
  const winterOffset = Math.max(
    newYear.getTimezoneOffset(),
    new Date(at.getFullYear(), 6, 1).getTimezoneOffset(),
  );
  return [
    at.getSeconds(),
    at.getMinutes(),
    at.getHours(),
    at.getDate(),
    at.getMonth(),
    at.getFullYear() - 1900,
    at.getDay(),
    dayOfYear,
    at.getTimezoneOffset() < winterOffset ? 1 : 0,
  ];
}

/** `scalar localtime`: `Thu Sep  9 01:46:40 1999`. */
export function localtimeText(at: Date): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => sprintf('%02d', part))
    .join(':');
  const [weekday = '', month = ''] = [days[at.getDay()], months[at.getMonth()]];
  return sprintf('%s %s %2d %s %d', weekday, month, at.getDate(), time, at.getFullYear());
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `split`: empty fields at the end are left out, unless `limit` is negative; an empty text has no field at all. The
 * separator `' '` is Perl's own: any blanks, and none at the front count. What a group of the pattern matches becomes a
 * field, null where it matched nothing.
 */
export function split(separator: RegExp | ' ', text: string, limit = 0): (string | null)[] {
  const trimmed = separator === ' ' ? text.replace(/^\s+/, '') : text;
  const pattern = separator === ' ' ? /\s+/ : separator;
  // `split /^/` means /^/m, which in Perl does not match behind the last line end.
  const isLines = pattern.source === '^';
  const source = isLines ? '^(?=[^])' : pattern.source;
  const finder = new RegExp(
    source,
    `${pattern.flags.replace(/[gym]/g, '')}${isLines || pattern.multiline ? 'gm' : 'g'}`,
  );
  const fields: (string | null)[] = [];
  let from = 0;
  for (let left = limit; from < trimmed.length && --left !== 0;) {
    const match = nextMatch(finder, trimmed, from);
    if (match === null) break;
    fields.push(trimmed.slice(from, match.index), ...match.slice(1).map((group) => group ?? null));
    from = match.index + match[0].length;
  }
  if (from < trimmed.length || (fields.length > 0 && limit !== 0)) fields.push(trimmed.slice(from));
  else while (fields.length > 0 && (fields.at(-1) ?? '') === '') fields.pop();
  return fields;
}

/** A match that ends behind `from`: one of nothing, just there, would make an empty field out of nothing. */
function nextMatch(finder: RegExp, text: string, from: number): RegExpExecArray | null {
  finder.lastIndex = from;
  const match = finder.exec(text);
  if (match === null || match.index + match[0].length > from) return match;
  finder.lastIndex = from + 1;
  return finder.exec(text);
}

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
}

/**
 * `sprintf`, of which the conversions `%s %c %d %i %u %o %x %X %b %B %e %E %f %F %g %G %%` with their flags, widths,
 * precisions, `*` and `%2$s`. Halves go to the even digit, as in C, and as Math.round and toFixed do not.
 */
export function sprintf(format: string, ...values: readonly PerlScalar[]): string {
  let next = 0;
  const take = (at?: string): PerlScalar => values[at === undefined ? next++ : Number(at) - 1] ?? null;
  return format.replace(
    /%(?:(\d+)\$)?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])/g,
    (
      whole: string,
      at: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      kind: string,
    ) => {
      if (kind === '%') return '%';
      if (!'sdiucoxXbBeEfFgG'.includes(kind)) return whole; // Perl prints what it does not know as it stands
      const hasPoint = whole.includes('.');
      let wide = width === '*' ? number(take()) : Number(width ?? 0);
      const exact = precision === '*' ? number(take()) : Number(precision ?? 0);
      let marks = flags;
      if (wide < 0) [wide, marks] = [-wide, `${flags}-`];
      const conversion = { flags: marks, width: wide, precision: hasPoint && exact >= 0 ? exact : null };
      return convert(kind, take(at), conversion);
    },
  );
}

function convert(kind: string, value: PerlScalar, how: Conversion): string {
  const amount = double(value);
  switch (kind) {
    case 's': {
      const text = print(value);
      return padded(
        '',
        how.precision === null ? text : text.slice(0, how.precision),
        how,
        how.flags.includes('0'),
      );
    }
    case 'c':
      return padded('', String.fromCodePoint(Math.max(0, int(value))), how, false);
    case 'd':
    case 'i':
      return Number.isFinite(amount)
        ? whole(amount, how)
        : padded(sign(amount, how), notFinite(Math.abs(amount)), how, false);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return real(kind, amount, how);
    default:
      return unsigned(kind, amount, how);
  }
}

function whole(amount: number, how: Conversion): string {
  const digits = BigInt(Math.trunc(Math.abs(amount))).toString();
  const filled = how.precision === null ? digits : digits.padStart(how.precision, '0');
  const text = how.precision === 0 && digits === '0' ? '' : filled;
  return padded(sign(int(amount), how), text, how, how.flags.includes('0') && how.precision === null);
}

const bases: Readonly<Record<string, number>> = { u: 10, o: 8, x: 16, X: 16, b: 2, B: 2 };

/** A negative number is what its 64 bits are without a sign. */
function unsigned(kind: string, amount: number, how: Conversion): string {
  const bits = BigInt.asUintN(64, BigInt(Number.isFinite(amount) ? Math.trunc(amount) : 0));
  let digits = bits.toString(bases[kind]);
  if (kind === 'X') digits = digits.toUpperCase();
  if (bits === 0n && how.precision === 0) digits = '';
  const filled = how.precision === null ? digits : digits.padStart(how.precision, '0');
  const mark = how.flags.includes('#') && bits !== 0n && 'xXbB'.includes(kind) ? `0${kind}` : '';
  const octal = how.flags.includes('#') && kind === 'o' && !filled.startsWith('0') ? '0' : '';
  return padded(mark, octal + filled, how, how.flags.includes('0') && how.precision === null);
}

function real(kind: string, amount: number, how: Conversion): string {
  if (!Number.isFinite(amount)) return padded(sign(amount, how), notFinite(Math.abs(amount)), how, false);
  const precision = how.precision ?? 6;
  const size = Math.abs(amount);
  const keepsZeros = how.flags.includes('#');
  let text = '';
  if (kind === 'f' || kind === 'F') text = fixed(size, precision);
  else if (kind === 'e' || kind === 'E') text = scientific(size, precision);
  else text = general(size, precision, keepsZeros);
  if (keepsZeros && !text.includes('.')) text = text.replace(/^\d+/, '$&.');
  if (kind === 'E' || kind === 'G') text = text.toUpperCase();
  return padded(sign(amount, how), text, how, how.flags.includes('0'));
}

function sign(amount: number, { flags }: Conversion): string {
  if (amount < 0 || Object.is(amount, -0)) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function padded(front: string, text: string, { flags, width }: Conversion, withZeros: boolean): string {
  const missing = Math.max(0, width - front.length - text.length);
  if (flags.includes('-')) return front + text + ' '.repeat(missing);
  return withZeros ? front + '0'.repeat(missing) + text : ' '.repeat(missing) + front + text;
}

function notFinite(amount: number): string {
  return Number.isNaN(amount) ? 'NaN' : amount > 0 ? 'Inf' : '-Inf';
}

/** C's `%g`: so many significant digits, in the shorter of the two ways, without the zeros at the end. */
function general(amount: number, precision: number, keepsZeros: boolean): string {
  if (amount < 0) return `-${general(-amount, precision, keepsZeros)}`;
  const digits = Math.max(1, precision);
  const long = scientific(amount, digits - 1);
  const exponent = Number(long.slice(long.indexOf('e') + 1));
  const isShort = exponent >= -4 && exponent < digits;
  const text = isShort ? fixed(amount, digits - 1 - exponent) : long;
  return keepsZeros ? text : text.replace(/\.?0*(?=e|$)/, (zeros) => (text.includes('.') ? '' : zeros));
}

/** C's `%e`. */
function scientific(amount: number, precision: number): string {
  if (amount === 0) return `${fixed(0, precision)}e+00`;
  // The exponent is that of the first digit, and one more where all digits are rounded up.
  let exponent = Math.floor(Math.log10(amount));
  let digits = scaled(amount, precision - exponent);
  if (digits.length > precision + 1) digits = scaled(amount, precision - ++exponent);
  else if (digits.length < precision + 1) {
    const more = scaled(amount, precision - (exponent - 1));
    if (more.length === precision + 1) [digits, exponent] = [more, exponent - 1];
  }
  const mantissa = precision === 0 ? digits : `${digits.charAt(0)}.${digits.slice(1)}`;
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** C's `%f`. */
function fixed(amount: number, precision: number): string {
  const digits = scaled(amount, precision).padStart(precision + 1, '0');
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** `amount` times ten to the `power`, exactly, as a whole number; of two that are equally near, the even one. */
function scaled(amount: number, power: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, amount);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = (biased === 0 ? 1 : biased) - 1075;
  const above = mantissa * (shift > 0 ? 1n << BigInt(shift) : 1n) * (power > 0 ? 10n ** BigInt(power) : 1n);
  const below = (shift < 0 ? 1n << BigInt(-shift) : 1n) * (power < 0 ? 10n ** BigInt(-power) : 1n);
  const [quotient, rest] = [above / below, (above % below) * 2n];
  const isUp = rest > below || (rest === below && quotient % 2n === 1n);
  return (isUp ? quotient + 1n : quotient).toString();
}
