/** A character of a field's name, as CGI.pm sees it. */
const token = /[-\w!#$%&'*+.^`|{}~]/.source;
const field = new RegExp(`(?<!${token})(${token}+):[ \\t\\n\\v\\f\\r]+([^\\r\\n]*)`, 'g');

/**
 * The fields in the header of a part, as CGI.pm's readHeader finds them: anywhere in a line, a value may stand in the
 * line behind it, the last of a name is the one, and every word of a name gets a capital (Content-Id, but Content-ID).
 */
export function headerFields(header: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of header.replace(/\r\n[ \t\n\v\f\r]+/g, ' ').matchAll(field))
    fields.set(
      name.replace(/\b\w/g, (letter) => letter.toUpperCase()),
      value,
    );
  return fields;
}

/** The name of a part as _mp_value_parse finds it; '' where it has none. */
export function partName(fields: ReadonlyMap<string, string>): string {
  const disposition = fields.get('Content-Disposition') ?? '';
  const quoted = /[ \t\n\v\f\r;]name="/.exec(disposition);
  if (quoted === null)
    return /[ \t\n\v\f\r;]name=([^()<>@,;:\\"/[\]?={} \r\n\t]*)/.exec(disposition)?.[1] ?? '';
  const rest = disposition.slice(quoted.index + quoted[0].length);
  const end = rest.search(/(?<!\\)"/);
  // Where every quote behind it is escaped, the last one is none.
  return rest.slice(0, end === -1 ? Math.max(0, rest.lastIndexOf('"')) : end);
}

/**
 * What a file is worth as text: its name, of a list of files (Opera's) "multipart/mixed", and '' where Perl finds its
 * name false; null where the part is no file.
 */
export function partFile(fields: ReadonlyMap<string, string>): string | null {
  const disposition = fields.get('Content-Disposition') ?? '';
  const said = / filename=("[^"]*"|[a-z\d!#'*+,.^_`{}|~]*)/i.exec(disposition)?.[1] ?? '';
  const name = said === '0' ? '' : said.replace(/^"(.*)"$/, '$1');
  if (name !== '') return name === '0' ? '' : name;
  return fields.get('Content-Type')?.includes('multipart/mixed') === true ? 'multipart/mixed' : null;
}
