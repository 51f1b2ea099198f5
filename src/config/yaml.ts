import {
  type Document,
  isMap,
  isScalar,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { type Desk, spanOf } from './desk.ts';

/**
 * Reads YAML so that only its plain part is left: maps, lists and text. Every scalar is text ("no" stays "no"); aliases,
 * anchors, tags and merge keys are refused. Whatever the library complains about is said again in our words.
 */
export function readYaml(desk: Desk): YAMLMap | null {
  if (isNestedTooDeeply(desk.text)) {
    desk.error(
      'yaml',
      { from: 0, to: 1 },
      'the file is nested too deeply',
      'routes.yaml needs no more than 6 levels',
    );
    return null;
  }
  const document = parsePlain(desk.text);
  reportSyntax(desk, document.errors);
  if (desk.findings.length === 0) reportTricks(desk, document);
  if (desk.findings.length > 0) return null;
  const root = document.contents;
  if (isMap(root)) return root;
  const isEmpty = root === null || (isScalar(root) && root.value === '');
  const message = isEmpty ? 'the file is empty' : 'the file is not a map of settings';
  desk.error(
    'empty-file',
    { from: 0, to: 1 },
    message,
    'the smallest file is:\nlegacy: http://127.0.0.1:8080\nroutes:\n  /**: legacy',
  );
  return null;
}

/** The document of a text, every scalar as text. Does not throw; look at its `errors`. */
export function parsePlain(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    // Not 'silent': the library would then take the first of several documents without a word.
    logLevel: 'error',
  });
}

/** The library recurses and takes the whole process down on `[[[[…`: looked at here before it is called. */
export function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > 50) return true;
  }
  return /(?:[-?:][ \t]+){20}/.test(text) || /^ {500}/m.test(text);
}

/** One finding per line: the library's later errors on a line follow from its first. */
function reportSyntax(desk: Desk, errors: readonly YAMLError[]): void {
  const seen = new Set<number>();
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const line = desk.lineOf(error.pos[0]);
    if (seen.has(line)) continue;
    seen.add(line);
    const { from, to, message, help } = desk.isFull('error') ? onlyCounted : translate(desk.text, error);
    desk.error('yaml', { from, to }, message, help);
  }
}

interface Words {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly help: string | null;
}

/** What is said of the errors of which nothing is told but their number. */
const onlyCounted: Words = { from: 0, to: 1, message: '', help: null };

/** So much of a line is looked at for a hint: the library may complain in every line of 1 MB, and lines may be as long. */
const mostOfLine = 500;

function translate(text: string, error: YAMLError): Words {
  const from = Math.min(error.pos[0], Math.max(0, text.length - 1));
  const to = Math.max(from + 1, Math.min(error.pos[1], text.length));
  const start = from === 0 ? 0 : text.lastIndexOf('\n', from - 1) + 1;
  const line = (/^.*/.exec(text.slice(start, start + mostOfLine))?.[0] ?? '').replace(/\r$/, '');
  const tab = /^ *\t/.exec(line);
  if (tab !== null || error.code === 'TAB_AS_INDENT') {
    const at = tab === null ? from : start + tab[0].length - 1;
    const help = 'YAML allows only spaces here; replace the tab with two spaces';
    return { from: at, to: at + 1, message: 'a tab is used for indentation', help };
  }
  const hint = hintOf(line);
  const [message, help] = hint ?? sentences[error.code] ?? ['this line cannot be read', 'write "key: value"'];
  return { from, to, message, help };
}

type Sentence = readonly [message: string, help: string];

/** What people write by accident, recognised from the line itself: better than what the library can know. */
function hintOf(line: string): Sentence | null {
  if (/^\s*\*/.test(line)) {
    return [
      'a key that starts with "*" must stand in quotes',
      `write "${/^\s*([^:]*)/.exec(line)?.[1]?.trim()}": …`,
    ];
  }
  if (/[{[].*\$\{/.test(line) && !/["'][^"']*\$\{/.test(line)) {
    return [
      'inside { } a variable must stand in quotes',
      'write "${NAME}", or put the value on a line of its own',
    ];
  }
  const comment = /^\s*[^\s#'":][^'":]*\s(#[^:]*):/.exec(line)?.[1];
  if (comment !== undefined) {
    return [
      'a "#" behind a space begins a comment, so this line has no colon',
      `leave "${comment}" out of the key, or write %23`,
    ];
  }
  if (/:\s+[>|]\s*\S/.test(line)) {
    return ['a value cannot start with ">" or "|"', 'write the value alone, such as 500ms'];
  }
  return null;
}

const sentences: Record<string, Sentence> = {
  BAD_INDENT: ['the indentation does not fit the lines above', 'keys of one map start in the same column'],
  BAD_SCALAR_START: ['a value cannot start with this character', 'put the value in quotes'],
  BAD_DQ_ESCAPE: ['this backslash means nothing in double quotes', 'use single quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['there are two colons on one line', 'put the value in quotes, or start a new line'],
  MISSING_CHAR: [
    'something is missing here: a closing quote, or the colon after a key',
    'write "key: value"',
  ],
  MULTILINE_IMPLICIT_KEY: ['this line has no colon, or it is indented too far', 'write "key: value"'],
  MULTIPLE_DOCS: ['the file holds a second document', 'remove the line "---" and what follows it'],
  UNEXPECTED_TOKEN: [
    'something stands where it cannot',
    'put the value in quotes if it holds : # { } [ ] or ,',
  ],
  BAD_DIRECTIVE: ['a line cannot start with "%"', 'remove it'],
  BAD_ALIAS: ['aliases (*name) are not used in routes.yaml', 'write the value out, or put it in quotes'],
};

function reportTricks(desk: Desk, document: Document.Parsed): void {
  const refuse = (node: Parameters<typeof spanOf>[0], what: string): void =>
    desk.error(
      'yaml',
      spanOf(node),
      `${what} are not used in routes.yaml`,
      'write the value out; "defaults:" is for what is shared',
    );
  const refuseMarks = (node: Node): void => {
    if ('anchor' in node && node.anchor !== undefined) refuse(node, 'anchors (&name)');
    if (node.tag !== undefined) refuse(node, 'tags (!name)');
  };
  visit(document, {
    Alias: (_, node) => refuse(node, 'aliases (*name)'),
    Node: (_, node) => refuseMarks(node),
    Pair: (_, pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<') refuse(pair.key, 'merge keys (<<)');
    },
    Map: (_, map) => {
      refuseMarks(map); // `Node` is not asked of what has a visitor of its own
      if (map.flow === true) refuseLostCommas(desk, map);
    },
  });
}

/** To YAML `{ to: port 5%, shadow }` is two settings, the second of them without a value. */
function refuseLostCommas(desk: Desk, map: YAMLMap): void {
  for (const [at, { key, value }] of map.items.entries()) {
    const isPlainEmpty = isScalar(value) && value.type === 'PLAIN' && value.value === '';
    if (!isScalar(key) || !(value === null || isPlainEmpty)) continue;
    const before = map.items[at - 1];
    const span = spanOf(key);
    const shown =
      value === null && before !== undefined && isScalar(before.key) && isScalar(before.value)
        ? `{ ${String(before.key.value)}: "${desk.text.slice(spanOf(before.value as Node).from, span.to)}" }`
        : null;
    const help =
      shown === null
        ? 'write "key: value", with a colon and a space'
        : `if the comma is part of the value, the value needs quotes: ${shown}`;
    desk.error('empty-value', span, 'this setting in { } has no value', help);
  }
}
