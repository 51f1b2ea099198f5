import { type Command, Option } from 'commander';
import { didYouMean } from '../routing/nearest.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';

/** What `[file]` and `--file` mean wherever they stand. */
export const fileHelp = 'routes.yaml (default: $BANYAN_ROUTES, else ./routes.yaml)';

/** The file that is meant where none is named. */
export const defaultFile = (): string => process.env['BANYAN_ROUTES'] || 'routes.yaml';

/** What the help of a verb says below its options. */
export interface Manual {
  /** What one would type, one or two of them. */
  readonly examples: readonly string[];
  /** What each exit code means here. 2 is wrong usage everywhere, and 0 needs to be said only where it says more than "done". */
  readonly exits: Partial<Record<keyof typeof exitCodes, string>>;
}

/** Gives a verb its examples and exit codes. */
export function addManual(command: Command, { examples, exits }: Manual): Command {
  const meanings: [ExitCode, string][] = Object.entries({ ok: 'done', usage: 'wrong usage', ...exits }).map(
    ([name, meaning]) => [exitCodes[name as keyof typeof exitCodes], meaning],
  );
  const lines = [
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
    'Exit codes:',
    ...meanings.toSorted(([one], [other]) => one - other).map(([code, text]) => `  ${code}  ${text}`),
  ];
  return command.addHelpText('after', `\n${lines.join('\n')}`);
}

/** An option whose value is one of a few words. Completion offers them. */
export function oneOf(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description).choices(words);
  return option.argParser(only(words, option.long ?? flags));
}

/** Takes one of a few words, and says what others might have been meant for. */
export function only(words: readonly string[], what: string): (word: string) => string {
  return (word) => {
    if (words.includes(word)) return word;
    const help = didYouMean(word, words) ?? `write ${words.join(', ')}`;
    throw new Failure(exitCodes.usage, `${what} cannot be "${word}"`, help);
  };
}
