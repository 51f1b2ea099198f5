import { styleText } from 'node:util';
import { type Argument, type Command, Help } from 'commander';
import { print, tell } from './print.ts';

/** How help looks: all verbs on one screen of 80 columns and 24 lines, and each verb as commander does it. */
export function styleHelp(program: Command): void {
  program
    .usage('VERB [options]')
    .helpOption('-h, --help', 'show this help')
    .configureOutput({ writeOut: print, writeErr: tell, outputError: () => undefined })
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) => (command.parent === null ? [] : rootOf(command).options.slice()),
      styleTitle: bold,
      formatHelp: (command, helper) =>
        command.parent === null
          ? overview(command, helper)
          : Help.prototype.formatHelp.call(helper, command, helper),
    });
}

/** The group of the verbs about banyan itself: one line is enough for them. */
export const aboutGroup = 'About';

/** Without blank lines between the groups, and with the options in one line: who asks what there is means the verbs. */
function overview(program: Command, helper: Help): string {
  const verbs = helper.visibleCommands(program);
  const width = Math.max(...verbs.map((verb) => term(verb).length));
  const groups = helper.groupItems([...program.commands], verbs, (verb) => verb.helpGroup());
  const lines = [...groups].flatMap(([heading, members]) =>
    heading === aboutGroup
      ? [`${bold(heading)}  ${members.map(term).join('  ')}`]
      : [bold(heading), ...members.map((verb) => `  ${term(verb).padEnd(width)}  ${verb.description()}`)],
  );
  const flags = helper.visibleOptions(program).map((option) => option.flags);
  return [
    `${bold('Usage:')} ${helper.commandUsage(program)}`,
    ...lines,
    `${bold('Always')}  ${flags.join('  ')}`,
    '',
  ].join('\n');
}

/** commander takes the colours out again where there shall be none. */
function bold(title: string): string {
  return styleText('bold', title, { validateStream: false });
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function term(verb: Command): string {
  return [verb.name(), ...verb.registeredArguments.map(placeholder)].join(' ');
}

/** `[file]` as [FILE], `<target...>` as TARGET. */
function placeholder(argument: Argument): string {
  const word = argument.name().toUpperCase();
  return argument.required ? word : `[${word}]`;
}
