import { survey, type Survey } from '../../src/survey/survey.ts';
import type { Place } from '../../src/survey/look.ts';

/** Surveys a script, and modules by their names. */
export function read(script: string, modules: Readonly<Record<string, string>> = {}): Survey {
  return survey(
    { name: 'x.pl', text: script },
    Object.entries(modules).map(([name, text]) => ({ name, text })),
  );
}

/** The lines of some places; of those in modules with the file. */
export function linesOf(places: readonly Place[]): (number | string)[] {
  return places.map(({ file, line }) => (file === 'x.pl' ? line : `${file}:${line}`));
}
