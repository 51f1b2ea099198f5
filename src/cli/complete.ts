import type { Argument, Command, Option } from 'commander';
import { reading, type Reading } from './half-typed.ts';
import { harmless } from './print.ts';
import { shareWords, targetWords } from './target-words.ts';

/** Something that may stand where the cursor is, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** Says that the shell shall offer files. */
const files = ':files';

/**
 * `banyan __complete WORDS…`: what may stand in place of the last word, a candidate a line. All of it comes from the
 * declarations of the verbs, and the names of routes from the file. Never fails: a Tab is no place for errors.
 */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const found = await candidates(reading(program, words)).catch(() => []);
  const lines = found === files ? [files] : found.map(printCandidate);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function printCandidate({ word, meaning }: Candidate): string {
  return meaning === '' ? harmless(word) : `${harmless(word)}\t${harmless(meaning)}`;
}

async function candidates(typed: Reading): Promise<readonly Candidate[] | typeof files> {
  const found = await everything(typed);
  if (found === files) return files;
  return found
    .filter(({ word }) => word.startsWith(typed.last))
    .map(({ word, meaning }) => ({ word: typed.prefix + word, meaning }));
}

async function everything(typed: Reading): Promise<readonly Candidate[] | typeof files> {
  const { command, option, last, before, isOnlyWords } = typed;
  if (option !== null) return valuesOf(option.argChoices, placeholder(option.flags), typed);
  if (last.startsWith('-') && !isOnlyWords) return flagsOf(typed);
  const verbs = before.length === 0 ? verbsOf(command) : [];
  const argument = argumentAt(command, before.length);
  if (argument === null) return verbs.length > 0 ? verbs : flagsOf(typed);
  const values = await valuesOf(argument.argChoices, argument.name(), typed);
  return values === files ? files : [...verbs, ...values];
}

function verbsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((verb) => ({ word: verb.name(), meaning: verb.description() }));
}

/** What `banyan help` goes on with. */
function verbsBelow({ command, before }: Reading): Candidate[] {
  const program = command.parent ?? command;
  const parent = before.reduce<Command | undefined>(
    (above, word) => above?.commands.find((verb) => verb.name() === word),
    program,
  );
  return parent === undefined ? [] : verbsOf(parent);
}

/** Long ones only: who knows the short one has typed it already. */
function flagsOf({ command, given }: Reading): Candidate[] {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return options
    .filter((option) => option.variadic || !given.has(option.attributeName()))
    .map((option) => ({ word: option.long ?? option.flags, meaning: option.description }));
}

function argumentAt(command: Command, at: number): Argument | null {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[at] ?? (last?.variadic === true ? last : null);
}

/** `--file <file>` as `file`. */
function placeholder(flags: Option['flags']): string {
  return /[<[]([^\]>.]+)/.exec(flags)?.[1] ?? '';
}

/** What a value may be: what is declared with it, else what its name in the help stands for. */
async function valuesOf(
  choices: readonly string[] | undefined,
  name: string,
  typed: Reading,
): Promise<readonly Candidate[] | typeof files> {
  if (choices !== undefined) return choices.map((word) => ({ word, meaning: '' }));
  switch (name) {
    case 'file':
    case 'folder':
    case 'log':
      return files;
    case 'verb':
      return verbsBelow(typed);
    case 'method':
      return ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map((word) => ({ word, meaning: '' }));
    case 'route':
    case 'route-or-rev':
      return (await import('./route-names.ts')).routeNames(typed.given.get('file'));
    case 'target':
      return targetWords(typed);
    case 'share':
      return shareWords;
    default:
      return [];
  }
}
