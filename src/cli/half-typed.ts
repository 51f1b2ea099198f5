import { homedir } from 'node:os';
import type { Command, Option } from 'commander';

/** A command line up to the cursor, as far as it can be understood. */
export interface Reading {
  /** The verb that is meant so far; the program itself where there is none. */
  readonly command: Command;
  /** Words that were given to it. */
  readonly before: readonly string[];
  /** Values of options, by their names in code; of a flag, the empty string. */
  readonly given: ReadonlyMap<string, string>;
  /** The option whose value the last word is. */
  readonly option: Option | null;
  /** The beginning of the word under the cursor, perhaps empty. */
  readonly last: string;
  /** What stands before it in the same word: `--file=`, where the shell does not take that apart. */
  readonly prefix: string;
  /** Whether `--` stands before it. */
  readonly isOnlyWords: boolean;
}

/** Reads the words of a command line, the last of which is not typed to its end. */
export function reading(program: Command, words: readonly string[]): Reading {
  const joined = withoutEquals(words.map(unquoted));
  const last = joined.at(-1) ?? '';
  const [prefix = ''] = /^--[^=]+=/.exec(words.at(-1) ?? '') ?? [];
  let command = program;
  let option: Option | null = null;
  let isOnlyWords = false;
  const before: string[] = [];
  const given = new Map<string, string>();
  for (const word of joined.slice(0, -1)) {
    if (option !== null) {
      given.set(option.attributeName(), word);
      option = null;
    } else if (word === '--') isOnlyWords = true;
    else if (word.startsWith('-') && !isOnlyWords) {
      const found = optionOf(command, word);
      if (found !== null && found.required) option = found;
      else if (found !== null) given.set(found.attributeName(), '');
    } else {
      const verb = before.length === 0 ? verbOf(command, word) : undefined;
      if (verb === undefined) before.push(word);
      else command = verb;
    }
  }
  return { command, before, given, option, last, prefix, isOnlyWords };
}

function verbOf(command: Command, word: string): Command | undefined {
  return command.commands.find((verb) => verb.name() === word);
}

/** An option of the verb, or of those above it. */
function optionOf(command: Command, flag: string): Option | null {
  const found = command.options.find(({ short, long }) => short === flag || long === flag);
  return found ?? (command.parent === null ? null : optionOf(command.parent, flag));
}

/**
 * `--file=x` as two words. bash has taken it apart already, into `--file`, `=` and `x`, for `=` is among its
 * COMP_WORDBREAKS; the last of them may be missing.
 */
function withoutEquals(words: readonly string[]): string[] {
  const parts = words.flatMap((word) => {
    const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    return flag === undefined ? [word] : [flag, '=', value ?? ''];
  });
  const isSign = (at: number): boolean => parts[at] === '=' && (parts[at - 1] ?? '').startsWith('--');
  const kept = parts.filter((_, at) => !isSign(at));
  return isSign(parts.length - 1) ? [...kept, ''] : kept;
}

/** bash and zsh hand over a word as it was typed: with its quotes, open or closed, and its backslashes. */
function unquoted(word: string): string {
  const quote = word[0];
  if (quote === "'" || quote === '"')
    return word.slice(1, word.length > 1 && word.endsWith(quote) ? -1 : undefined);
  return word.replace(/^~(?=\/)/, homedir()).replace(/\\(.)/gs, '$1');
}
