#!/usr/bin/env -S node --max-semi-space-size=16
import { CommanderError } from 'commander';
import { exitCodes, reportFailure } from './failure.ts';
import { makeProgram } from './program.ts';

// `banyan routes | head` closes our output early. That is no failure, and changes nothing of what was found.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.ok);
  process.exit(reportFailure(new Error(`stdout cannot be written: ${error.message}`, { cause: error })));
});

// Nobody hears what we would say; a gateway goes on without.
process.stderr.on('error', () => undefined);

try {
  await run(process.argv.slice(2));
} catch (error) {
  // commander has printed its help; "banyan" alone is wrong usage, help that was asked for is not.
  const isHelp = error instanceof CommanderError;
  process.exitCode = isHelp ? (error.exitCode === 0 ? exitCodes.ok : exitCodes.usage) : reportFailure(error);
}

/** At each Tab the functions of `banyan completion` call `__complete`, with words that are not ours to obey. */
async function run(words: readonly string[]): Promise<void> {
  const program = makeProgram();
  if (words[0] !== '__complete') return void (await program.parseAsync(words, { from: 'user' }));
  const { complete } = await import('./complete.ts');
  await complete(program, words.slice(1));
}
