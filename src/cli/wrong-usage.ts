import type { Command, CommanderError } from 'commander';
import { didYouMean } from '../routing/nearest.ts';
import { exitCodes, Failure } from './failure.ts';

/** What commander found wrong with a command line, in our words. */
export function wrongUsage(error: CommanderError, command: Command): Failure {
  const [, suggestion] = /\n\(Did you mean (?:one of )?(.+?)\?\)$/.exec(error.message) ?? [];
  const see = `${['banyan', ...pathOf(command)].join(' ')} --help shows what there is`;
  const help = suggestion === undefined ? see : `did you mean ${suggestion}?`;
  return new Failure(exitCodes.usage, sentence(error, command), help, error);
}

/** Says that there is no such verb. */
export function noSuchVerb(word: string, parent: Command): Failure {
  const names = parent.commands.map((verb) => verb.name());
  const help = didYouMean(word, names) ?? 'banyan --help shows what there is';
  return new Failure(exitCodes.usage, `there is no verb "${word}"`, help);
}

function sentence({ code, message }: CommanderError, command: Command): string {
  const words = message.replace(/^error: |\n[^]*$/g, '').replaceAll("'", '"');
  const [, quoted = ''] = /"(.*?)"/.exec(words) ?? [];
  const verb = pathOf(command).join(' ');
  switch (code) {
    case 'commander.unknownCommand':
      return `there is no verb "${quoted}"`;
    case 'commander.unknownOption':
      return verb === '' ? `there is no option "${quoted}"` : `${verb} knows no option "${quoted}"`;
    case 'commander.missingArgument':
      return `${verb} needs ${quoted.toUpperCase()}`;
    case 'commander.optionMissingArgument':
      return `${quoted} has no value`;
    case 'commander.excessArguments':
      return `too many words for ${verb}: ${command.args.join(', ')}`;
    case 'commander.invalidArgument':
      return words.replace(/^.*?"(\S+)[^"]*" argument (".*?") is invalid\. /, '$1 cannot be $2: ');
    default:
      return words;
  }
}

/** The words that lead to a command: `sessions`, `decode`. */
function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}
