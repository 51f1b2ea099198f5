import { isScript, splitPath } from './pattern.ts';

/** A path as a CGI script is told it. Both parts are decoded, one character a byte. */
export interface ScriptPath {
  /** SCRIPT_NAME: the path up to and with the script. */
  readonly scriptName: string;
  /** PATH_INFO: what follows, with its slash; empty where nothing does. */
  readonly pathInfo: string;
}

/**
 * Splits a normalised, decoded path as Apache does for a CGI script: the first file on the path is the script, and what
 * follows is its PATH_INFO (test/routing/script.test.ts asks the real one). Apache looks into the folder, and we go by
 * the names of files: the first segment that is called like a script ends the script name, else the whole path is it.
 * So it cannot know of a script without one of those endings (Apache runs `/cgi-bin/tool` for `/cgi-bin/tool/x`, and
 * `UP.PL`), of a folder that is called like a script (`/cgi-bin/x.pl/`), or of the index of a folder.
 */
export function scriptOf(decodedPath: string): ScriptPath {
  const segments = splitPath(decodedPath);
  const at = segments.findIndex(isScript);
  if (at === -1) return { scriptName: decodedPath, pathInfo: '' };
  const scriptName = `/${segments.slice(0, at + 1).join('/')}`;
  return { scriptName, pathInfo: decodedPath.slice(scriptName.length) };
}
