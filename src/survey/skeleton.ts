import { factLines } from './fact-lines.ts';
import type { Parameter } from './parameters.ts';
import type { SessionKey } from './session-keys.ts';
import type { Statement } from './statements.ts';
import type { Survey } from './survey.ts';
import { fileName, placesWords, placeWords, quoted, shown } from './words.ts';

/** What a port is begun from. */
export interface Beginning {
  /** The route, as the command line names it, and its key. */
  readonly route: string;
  readonly key: string;
  /** The paths of the script and of the modules that were read, the script first. */
  readonly files: readonly string[];
  /** What stands at the top of the script, as its authors say what it does. */
  readonly remarks: readonly string[];
  readonly survey: Survey;
  /** Whether the route gives its port the session. */
  readonly hasSession: boolean;
}

/**
 * A port to begin with: it takes what the script takes, says where in the Perl each thing stands, and leaves every request
 * to legacy. It compiles and runs as it is.
 */
export function skeletonOf(beginning: Beginning): string {
  const { survey, hasSession } = beginning;
  const keys = hasSession ? survey.session.keys : [];
  const asked = askedLines(survey.parameters);
  const kept = keys.map((key) => keyLine(key));
  const hasStatements = survey.statements.length > 0;
  const unused = [
    ...(asked.length > 0 ? ['asked'] : []),
    ...(kept.length > 0 ? ['kept'] : []),
    ...(hasStatements ? ['db'] : []),
  ];
  const body = [
    ...(asked.length === 0 ? [] : ['const asked = {', ...asked.map(indented), '};']),
    ...(kept.length === 0 ? [] : ['const kept = {', ...kept.map(indented), '};']),
    ...(unused.length === 0
      ? []
      : [`void [${unused.join(', ')}]; // nothing uses them yet: this line goes with the first that does`]),
    ...(asked.length + kept.length + unused.length === 0 ? [] : ['']),
    ...factLines(survey).flatMap(({ heading, lines }) => [
      '// ' + heading,
      ...lines.map((line) => `//   ${line}`),
      '',
    ]),
    ...(hasStatements ? [databaseLine(survey), ...survey.statements.flatMap(statementLines), ''] : []),
    '// Whatever is not ported yet is left to the old script.',
    'return legacy();',
  ];
  const taken = takenFrom(survey.parameters, kept.length > 0, hasStatements);
  const hasFallback = survey.parameters.some(({ fallback }) => fallback !== null);
  return [
    `import { ${hasFallback ? 'definePort, perl' : 'definePort'} } from 'banyan';`,
    '',
    ...headLines(beginning),
    `export default definePort(async ({ ${taken.join(', ')} }) => {`,
    ...body.map((line) => (line === '' ? '' : indented(line))),
    '});',
    ...(hasFallback ? ['', ...fallbackLines] : []),
    '',
  ].join('\n');
}

function databaseLine({ tables }: Survey): string {
  const written = tables.filter((table) => table.written.length > 0).map(({ name }) => shown(name));
  const warning = '`banyan check --database` says whether all of that rolls back';
  return `// What it asks the database${written.length === 0 ? '' : `; it writes ${written.join(', ')}: ${warning}`}`;
}

const fallbackLines = [
  '/** Perl\'s ||: what is undef, empty or "0" gives way. */',
  'function or<T>(value: string | null, otherwise: T): string | T {',
  '  return value !== null && perl.isTrue(value) ? value : otherwise;',
  '}',
];

function indented(line: string): string {
  return `  ${line}`;
}

function headLines({ route, key, files, remarks }: Beginning): string[] {
  const [script = '', ...modules] = files;
  const read = [script, ...modules].map(shown).join(', ');
  return [
    '/**',
    ` * ${inComment(fileName(shown(script)))}, not ported yet: this takes what the script takes, and leaves every request to it.`,
    ' *',
    ` * Begun by \`banyan port new ${inComment(shown(route))}\`, for "${inComment(shown(key))}". Lines are those of ${inComment(read)}.`,
    ...(remarks.length === 0
      ? []
      : [' *', ...remarks.map((remark) => ` *     ${inComment(remark)}`.trimEnd())]),
    ' */',
  ];
}

/** No text of others may end a comment. */
function inComment(text: string): string {
  return text.replaceAll('*/', '* /');
}

function takenFrom(parameters: readonly Parameter[], hasKeys: boolean, hasStatements: boolean): string[] {
  const from = (source: 'params' | 'url' | 'file'): boolean =>
    parameters.some((each) => sourceOf(each) === source);
  return [
    ...(from('params') ? ['params'] : []),
    ...(from('url') ? ['urlParams'] : []),
    ...(from('file') ? ['upload'] : []),
    ...(hasKeys ? ['session'] : []),
    ...(hasStatements ? ['db'] : []),
    'legacy',
  ];
}

function sourceOf({ from, isPattern }: Parameter): 'params' | 'url' | 'file' {
  if (from.includes('file') && !isPattern) return 'file';
  return from.includes('url') && !from.includes('params') ? 'url' : 'params';
}

function askedLines(parameters: readonly Parameter[]): string[] {
  return parameters.map((parameter) => {
    const { name, isPattern, isList, values, places, fallback } = parameter;
    const source = sourceOf(parameter);
    const object = source === 'url' ? 'urlParams' : 'params';
    const known =
      values.length === 0 ? '' : `; it knows ${values.map((value) => `"${shown(value)}"`).join(', ')}`;
    const where = `${placesWords(places)}${known}`;
    let value = `${object}.get(${quoted(name)})`;
    if (isPattern) value = `${object}.names().filter((name) => ${patternOf(name)}.test(name))`;
    else if (source === 'file') value = `upload(${quoted(name)})`;
    else if (isList) value = `${object}.all(${quoted(name)})`;
    else if (fallback?.operator === '||')
      value = `or(${value}, ${fallback.isNumber ? numberOf(fallback.text) : quoted(fallback.text)})`;
    else if (fallback !== null) value = `${value} ?? ${quoted(fallback.text)}`;
    return `${propertyName(name)}: ${value}, // ${where}`;
  });
}

/** Perl's `1_000` and `.5` are no numbers of TypeScript's in this form. */
function numberOf(text: string): string {
  const number = Number(text.replaceAll('_', ''));
  return Number.isFinite(number) ? String(number) : quoted(text);
}

/** A pattern of TypeScript's for `qty_*`. */
function patternOf(name: string): string {
  const parts = name.split('*').map((part) =>
    quoted(part)
      .slice(1, -1)
      .replace(/\\'/g, "'")
      .replace(/[.+?^${}()|[\]/]/g, '\\$&'),
  );
  return `/^${parts.join('.*')}$/`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function keyLine({ name, isPattern, shape, read, written, removed, changedInPlace }: SessionKey): string {
  const places = (what: string, list: SessionKey['read']): string[] =>
    list.length === 0 ? [] : [`${what} ${placesWords(list)}`];
  const remarks = [
    ...(shape === null ? [] : [shape === 'hash' ? 'a hash' : 'an array']),
    ...places('read', read),
    ...places('written', [...written, ...changedInPlace]),
    ...places('removed', removed),
  ];
  const value = isPattern
    ? `session.keys().filter((name) => ${patternOf(name)}.test(name))`
    : `session.get(${quoted(name)})`;
  return `${propertyName(name)}: ${value}, // ${remarks.join('; ')}`;
}

/** A statement as one would ask it here, commented out. */
function statementLines({ verb, text, additions, values, method, isComputed, place }: Statement): string[] {
  const given = values === null ? '' : ` with ${shown(values)}`;
  const computed = isComputed ? '; what Perl puts into it stands in it as Perl: make a ? of it' : '';
  const sql = [text, ...additions].flatMap(sqlLines);
  const call = `${verb === 'SELECT' ? 'const { rows } = ' : ''}await db.query(`;
  const asked = sql.join('\n').replace(/[\\`]|\$\{/g, '\\$&');
  return [
    '//',
    `// ${placeWords(place)}: ${method ?? 'it'}${given}${computed}`,
    ...`${call}\n  \`${asked}\`,${values === null ? '' : `\n  [/* ${inComment(shown(values))} */],`}\n);`
      .split('\n')
      .map((line) => `// ${line}`.trimEnd()),
  ];
}

/** The lines of a statement, as deep as they are, less what all but the first have in common. */
function sqlLines(text: string): string[] {
  const lines = text
    .replaceAll('\t', '        ')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => shown(line).trimEnd());
  const indents = lines.slice(1).flatMap((line) => (line === '' ? [] : [line.search(/\S/)]));
  const common = Math.min(...indents, 80);
  return lines.map((line, at) =>
    at === 0 ? line.trimStart() : ' '.repeat(line === '' ? 0 : 5) + line.slice(common),
  );
}
