import { Mistake } from './mistake.ts';

/** The number before a percent sign, 0 to 100 in steps of 0.01. Throws a Mistake [bad-percent]. */
export function parsePercent(text: string): number {
  const digits = /^(-?\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  const help = 'a share is between 0% and 100%';
  if (digits === undefined) {
    const number = /^\d+(\.\d+)?$/.test(text);
    const message = number ? `"${text}" has no percent sign` : `cannot read the percentage "${text}"`;
    throw new Mistake(
      'bad-percent',
      message,
      number ? `write ${text}%` : 'write a number and %, such as 25%',
    );
  }
  const percent = Number(digits);
  if (percent > 100) throw new Mistake('bad-percent', `${digits}% is over 100%`, help);
  if (percent < 0) throw new Mistake('bad-percent', `${digits}% is below 0%`, help);
  if (!/^\d+(\.\d{0,2}0*)?$/.test(digits)) {
    throw new Mistake(
      'bad-percent',
      `${digits}% is finer than 0.01%`,
      'visitors are divided in steps of 0.01%',
    );
  }
  return percent;
}
