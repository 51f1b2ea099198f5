import type { Survey } from './survey.ts';
import { fileName, quoted, shown, shownValue } from './words.ts';

/** A test to begin with, for a port that was just begun: green as it is, and it says what to test next. */
export function testSkeletonOf({
  port,
  portFromTest,
  script,
  survey,
}: {
  /** The path of the port, for people, and as the test imports it. */
  readonly port: string;
  readonly portFromTest: string;
  readonly script: string;
  readonly survey: Survey;
}): string {
  return [
    "import t from 'tap';",
    `import port from ${quoted(portFromTest)};`,
    '',
    `t.test(${quoted(`${port} is a port`)}, async (t) => {`,
    "  t.type(port.handler, 'function');",
    '});',
    '',
    `// What ${shown(fileName(script))} tells apart, and so what to hold the port against it for:`,
    ...casesOf(survey).map((each) => `// ${each}`),
    '',
  ].join('\n');
}

/** What the parameters choose, and of the others which values the script knows: a form that is sent, often. */
function casesOf({ branches, parameters }: Survey): string[] {
  const chosen = branches.map(({ parameter, value }) => `${shown(parameter)}=${shownValue(value)}`);
  const known = parameters
    .filter(({ name }) => branches.every(({ parameter }) => parameter !== name))
    .flatMap(({ name, values }) =>
      values.filter((value) => value !== '').map((value) => `${shown(name)}=${shownValue(value)}`),
    );
  return [...(chosen.length === 0 ? ['its page without parameters'] : chosen), ...known];
}
