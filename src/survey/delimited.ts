/** What closes what a bracket opens; of any other delimiter, itself. */
export function closerOf(open: string): string {
  const at = '([{<'.indexOf(open);
  return at === -1 ? open : (')]}>'[at] as string);
}

/** Where what is opened at `from` is closed, before `to`: brackets nest, and a backslash takes the next character. -1 where it is not. */
export function closedAt(source: string, from: number, to: number): number {
  const open = source.charAt(from);
  const close = closerOf(open);
  let depth = 1;
  for (let at = from + 1; at < to; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (character === close) {
      if (--depth === 0) return at;
    } else if (character === open) depth++;
  }
  return -1;
}

/** The first place from here on that is neither blank nor comment. */
export function pastBlanks(source: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const character = source.charAt(at);
    if (/\s/.test(character)) at++;
    else if (character === '#' && at > from) {
      const end = source.indexOf('\n', at);
      at = end === -1 ? to : end;
    } else break;
  }
  return at;
}
