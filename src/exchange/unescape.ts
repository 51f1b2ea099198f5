/**
 * Undoes escapes as CGI::Util's unescape does: `+` is a space, `%XX` a byte, `%uXXXX` the UTF-8 of a character, two
 * of them that are a surrogate pair the UTF-8 of one; what is no escape stays as it is. Bytes go in and come out, one
 * character each.
 */
export function unescapeBytes(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  return spaced
    .replace(
      /%u([dD][89abAB][0-9a-fA-F]{2})%u([dD][c-fC-F][0-9a-fA-F]{2})/g,
      (_, high: string, low: string) =>
        utf8(0x10000 + (parseInt(high, 16) - 0xd800) * 0x400 + (parseInt(low, 16) - 0xdc00)),
    )
    .replace(
      /%(?:([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/g,
      (_, byte: string | undefined, wide: string | undefined) =>
        byte === undefined ? utf8(parseInt(wide as string, 16)) : String.fromCharCode(parseInt(byte, 16)),
    );
}

/** The UTF-8 of a code point, half a surrogate pair included: Perl encodes it like any other, Node does not. */
function utf8(code: number): string {
  if (code < 0xd800 || code > 0xdfff)
    return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');
  return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
}
