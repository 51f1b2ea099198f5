import { resolve } from 'node:path';
import { Mistake } from '../routing/mistake.ts';
import type { CgiSettings } from '../routing/cgi.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { oneOf, readAs, type Section, valueOf, valuesOf } from './fields.ts';
import type { UpstreamPlace } from './read-upstream-tls.ts';
import { parseSize } from './size.ts';

/** Keys of an upstream that only make sense where scripts are run here. */
const cgiKeys = [
  'at',
  'root',
  'index',
  'charset',
  'lib',
  'persistent',
  'may-leave',
  'perl',
  'preload',
  'env',
  'interpreters',
  'run-time',
  'max-output',
];
/** Keys that only make sense where somebody else runs them. */
const urlKeys = ['url', 'ca', 'server-name', 'verify'];

/** Reads an upstream whose scripts the gateway runs itself; null where its map names no `cgi`, or is faulty. */
export function readCgi(
  desk: Desk,
  section: Section,
  { settingsDirectory, disk }: UpstreamPlace,
): CgiSettings | null {
  const isHere = section.fields.has('cgi');
  for (const key of isHere ? urlKeys : cgiKeys) {
    const pair = section.fields.get(key);
    if (pair === undefined) continue;
    const message = isHere
      ? `"${key}" is about a server, and "cgi" runs the scripts here`
      : `"${key}" goes with "cgi"`;
    const help = isHere ? 'keep one of "url" and "cgi"' : 'add "cgi: FOLDER", or leave it out';
    desk.error('url-or-cgi', pair.at, message, help);
  }
  if (!isHere) return null;
  const folder = (key: string): string | null =>
    readAs(desk, valueOf(desk, section, key), key, (text) => {
      const path = resolve(settingsDirectory, text);
      if (disk.isFolder(path)) return path;
      throw new Mistake('no-folder', `there is no folder ${text}`, `looked for ${path}`);
    });
  const scriptsFolder = folder('cgi');
  const documentRoot = folder('root');
  const library = folder('lib');
  const scriptsAt = readAs(desk, valueOf(desk, section, 'at'), 'at', parsePrefix);
  const perl = readAs<CgiSettings['perl']>(desk, valueOf(desk, section, 'perl'), 'perl', (text) =>
    oneOf(text, ['fork', 'spawn'] as const, 'bad-perl', `perl "${text}" is neither fork nor spawn`),
  );
  const runMs = readAs(desk, valueOf(desk, section, 'run-time'), 'run-time', (text) =>
    parseDuration(text, 'run-time'),
  );
  const outputBytes = readAs(desk, valueOf(desk, section, 'max-output'), 'max-output', (text) =>
    parseSize(text, 'max-output', '1kb', '1000gb'),
  );
  const index = wordsOf(
    desk,
    section,
    'index',
    /^\/?[\w.-]+(?:\/[\w.-]+)*$/,
    'write a name such as index.html',
  );
  const charset = wordsOf(desk, section, 'charset', /^[\w.:-]+$/, 'write a name such as ISO-8859-1');
  const modules = wordsOf(
    desk,
    section,
    'preload',
    /^\w+(?:::\w+)*$/,
    'write names such as CGI::Session, or auto',
  );
  const passedVariables = wordsOf(
    desk,
    section,
    'env',
    /^[A-Za-z_]\w*$/,
    'write names of environment variables',
  );
  const interpreters = wordsOf(
    desk,
    section,
    'interpreters',
    /^\/[\w./+-]+$/,
    'write paths such as /usr/bin/perl',
  );
  if (scriptsFolder === null || scriptsAt === null || perl === null || runMs === null || outputBytes === null)
    return null;
  return {
    scriptsFolder,
    scriptsAt,
    documentRoot,
    index: section.fields.has('index') ? index : ['index.html'],
    perl,
    preload: modules.filter((word) => word !== 'none' && word !== 'auto'),
    learns: modules.length === 0 || modules.includes('auto'),
    libraries: library === null ? [] : [library],
    persistent: wordsOf(
      desk,
      section,
      'persistent',
      /^[\w.-]+(?:\/[\w.-]+)*$/,
      'write names such as view.pl',
    ),
    mayLeave: wordsOf(desk, section, 'may-leave', /^[$@%]\w+(?:::\w+)*$/, 'write names such as $dbh'),
    charset: charset[0] ?? null,
    passedVariables,
    interpreters: section.fields.has('interpreters') ? interpreters : null,
    runMs,
    outputBytes,
  };
}

function wordsOf(desk: Desk, section: Section, key: string, shape: RegExp, help: string): string[] {
  return valuesOf(desk, section, key).flatMap((value) => {
    const word = readAs(desk, value, key, (text) => {
      if (shape.test(text)) return text;
      throw new Mistake(`bad-${key}`, `"${text}" cannot stand in "${key}"`, help);
    });
    return word ?? [];
  });
}

/** `/cgi-bin/`: a plain path that is made to end in a slash. Throws a Mistake [bad-path]. */
function parsePrefix(text: string): string {
  const path = text.endsWith('/') ? text : `${text}/`;
  if (/^\/(?:[\w.~-]+\/)*$/.test(path) && !/\/\.\.?\//.test(path)) return path;
  throw new Mistake(
    'bad-path',
    `"${text}" cannot be where scripts stand in URLs`,
    'write a path such as /cgi-bin/',
  );
}
