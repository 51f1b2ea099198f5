import { masking, type Secrets, sensitiveWith, standIn } from '../exchange/capture.ts';

/** What statements are masked by. */
export interface SqlMasking {
  readonly secrets: Secrets;
  /** Parts of further names whose values are masked. */
  readonly also: readonly string[];
  readonly isOfSession: (sql: string) => boolean;
}

/** A value in SQL. One of a character set, or in hex, is a value as well. */
const literal = String.raw`(?:\b[nx])?'(?:[^'\\]|\\[\s\S]|'')*'|(?:\bn)?"(?:[^"\\]|\\[\s\S]|"")*"|\b0x[\da-f]+\b|\b\d[\d.]*\b`;
const tokens = new RegExp(String.raw`${literal}|[\w$\x80-\uffff]+|\`[^\`]*\`|[\s\S]`, 'gi');
const isLiteral = new RegExp(`^(?:${literal})$`, 'i');

/** A statement in its parts: words, values, names in backquotes, and signs and blanks one by one. */
export function sqlTokens(sql: string): readonly string[] {
  return sql.match(tokens) ?? [];
}

/** Says of statements whether they are about the table of the sessions, which may have its database before it. */
export function aboutTable(table: string | null): (sql: string) => boolean {
  if (table === null) return () => false;
  const name = (table.split('.').at(-1) as string).replaceAll('$', String.raw`\$`);
  const named = new RegExp(String.raw`(?<![\w$])${name}(?![\w$])`, 'i');
  return (sql) =>
    named.test(
      sqlTokens(sql)
        .filter((part) => !isLiteral.test(part))
        .join(''),
    );
}

/**
 * A statement that can be kept in a repository. The secrets of its capture are masked wherever they stand, as the capture's
 * are; so is what is compared with or written to a column of a sensitive name; and of a session that is read or written,
 * all is left out but its id.
 */
export function maskedSql(sql: string, { secrets, also, isOfSession }: SqlMasking): string {
  const parts = sqlTokens(sql);
  if (isOfSession(sql))
    return parts.map((part) => (isText(part) ? ofSession(part, secrets.ids) : part)).join('');
  const isSensitive = sensitiveWith(also);
  const at = sensitiveValues(parts, isSensitive);
  const shown = parts.map((part, i) => (at.has(i) ? masking(part) : part)).join('');
  return pairsOf(secrets).reduce((left, [secret, stand]) => left.replaceAll(secret, () => stand), shown);
}

function isText(part: string): boolean {
  return isLiteral.test(part) && !/^[\d.]+$/.test(part);
}

function ofSession(part: string, ids: readonly string[]): string {
  const at = ids.indexOf(part.slice(1, -1));
  return at === -1 ? "'…'" : `'${standIn(ids[at] as string, at)}'`;
}

/** Each secret as it may stand in a statement, and what stands there instead; long ones first. */
function pairsOf({ ids, values }: Secrets): (readonly [string, string])[] {
  const forms = new Set(values.flatMap((value) => readings(value).flatMap(quotings)));
  const long = [...forms].toSorted((a, b) => b.length - a.length);
  return [
    ...ids.map((id, at) => [id, standIn(id, at)] as const),
    ...long.map((form) => [form, masking(form)] as const),
  ];
}

/** Bytes as characters: as they are, as a connection in latin1 has them at a server (which means cp1252), and in UTF-8. */
function readings(value: string): string[] {
  const bytes = Buffer.from(value, 'latin1');
  return [value, new TextDecoder('windows-1252').decode(bytes), bytes.toString('utf8')];
}

/** As DBI's quote and others write a text between quotes. */
function quotings(value: string): string[] {
  const named: Readonly<Record<string, string>> = { '\0': '0', '\n': 'n', '\r': 'r', '\x1a': 'Z' };
  const escaped = value.replace(/[\p{Cc}\\'"]/gu, (sign) =>
    /[\\'"]/.test(sign) || sign in named ? `\\${named[sign] ?? sign}` : sign,
  );
  return [value, escaped, value.replaceAll("'", "''")];
}

/** Words that end what belongs to one column. */
const ends =
  /^(?:AND|OR|XOR|WHERE|SET|ON|HAVING|SELECT|FROM|VALUES?|LIMIT|ORDER|GROUP|UNION|WHEN|THEN|ELSE|END|AS|JOIN|USING)$/i;

/** Where values stand that belong to a column of a sensitive name. */
function sensitiveValues(parts: readonly string[], isSensitive: (name: string) => boolean): Set<number> {
  const found = new Set<number>();
  const rows = rowsOf(parts);
  let segment: number[] = [];
  let [depth, isBetween] = [0, false];
  const close = (): void => {
    const isOne = segment.some((i) => !isLiteral.test(parts[i] as string) && isSensitive(parts[i] as string));
    if (isOne) for (const i of segment) if (isLiteral.test(parts[i] as string)) found.add(i);
    segment = [];
  };
  parts.forEach((part, i) => {
    if (rows !== null && i >= rows.from && i < rows.to) return;
    if (part === '(') depth++;
    if (part === ')') depth--;
    if (/^BETWEEN$/i.test(part)) isBetween = true;
    else if (isBetween && /^AND$/i.test(part)) isBetween = false;
    else if (ends.test(part) || (part === ',' && depth === 0)) close();
    segment.push(i);
  });
  close();
  for (const { at, column } of rows?.values ?? []) if (column === null || isSensitive(column)) found.add(at);
  return found;
}

/** The rows of an INSERT: where they stand, and of each value its column, null where the statement names none. */
interface Rows {
  readonly from: number;
  readonly to: number;
  readonly values: readonly { readonly at: number; readonly column: string | null }[];
}

function rowsOf(parts: readonly string[]): Rows | null {
  const from = parts.findIndex((part) => /^VALUES?$/i.test(part));
  if (!/^\s*(?:INSERT|REPLACE)\b/i.test(parts.slice(0, 40).join('')) || from === -1) return null;
  const head = parts.slice(0, from).join('');
  const columns =
    /\(([^()]*)\)\s*$/
      .exec(head)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? null;
  const values: { at: number; column: string | null }[] = [];
  let [depth, place, i] = [0, 0, from + 1];
  for (; i < parts.length; i++) {
    const part = parts[i] as string;
    if (depth === 0 && /^\w/.test(part)) break; // ON DUPLICATE KEY, RETURNING
    if (part === '(' && depth++ === 0) place = 0;
    if (part === ')') depth--;
    if (part === ',' && depth === 1) place++;
    if (isLiteral.test(part) && depth > 0) values.push({ at: i, column: columns?.[place] ?? null });
  }
  return { from, to: i, values };
}
