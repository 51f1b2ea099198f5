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
  const cases = survey.branches.map(({ parameter, value }) => `${shown(parameter)}=${shownValue(value)}`);
  return [
    "import t from 'tap';",
    `import port from ${quoted(portFromTest)};`,
    '',
    `t.test(${quoted(`${port} is a port`)}, async (t) => {`,
    "  t.type(port.handler, 'function');",
    '});',
    '',
    `// What ${shown(fileName(script))} tells apart, and so what to hold the port against it for:`,
    ...(cases.length === 0 ? ['// its page without parameters'] : cases.map((each) => `// ${each}`)),
    '',
  ].join('\n');
}
