import { Command, CommanderError } from 'commander';
import { addEditVerbs } from './edit-verbs.ts';
import { exitCodes } from './failure.ts';
import { styleHelp } from './help.ts';
import { addPortVerbs } from './port-verbs.ts';
import { addReadVerbs } from './read-verbs.ts';
import { addRunVerbs } from './run-verbs.ts';
import { addSessionVerbs } from './session-verbs.ts';
import { colorWords, setColor, terminal } from './terminal.ts';
import { oneOf } from './verb.ts';
import { version } from './version.ts';
import { wrongUsage } from './wrong-usage.ts';

/**
 * All verbs, in the groups of `banyan --help`. What is here and in the files of declarations is all that the help, the
 * completion and the parser know; each verb's own code is loaded only when it runs, so that a Tab is quick.
 */
export function makeProgram(): Command {
  const program = new Command('banyan');
  styleHelp(program);
  addGlobalOptions(program);
  program.commandsGroup('Look');
  addReadVerbs(program);
  addSessionVerbs(program);
  program.commandsGroup('Change');
  addEditVerbs(program);
  addPortVerbs(program);
  program.commandsGroup('Run');
  addRunVerbs(program);
  for (const command of everyCommand(program)) {
    command.exitOverride((error) => {
      throw error.code.startsWith('commander.help') ? error : wrongUsage(error, command);
    });
  }
  return program;
}

/** A command and all those below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** commander takes these before the verb and behind it. */
function addGlobalOptions(program: Command): void {
  program
    .addOption(oneOf('--color <when>', 'when to use colours', colorWords))
    .option('--ascii', 'words instead of symbols')
    .option('--wide', 'all columns of a table, however narrow the terminal')
    .option('-q, --quiet', 'no notes and no progress')
    .option('-V, --version', 'the versions of banyan and of Node')
    .on('option:version', () => {
      version({});
      throw new CommanderError(exitCodes.ok, 'commander.version', '');
    })
    .on('option:color', setColor)
    .on('option:ascii', () => (terminal.isAscii = true))
    .on('option:wide', () => (terminal.isWide = true))
    .on('option:quiet', () => (terminal.isQuiet = true));
}
