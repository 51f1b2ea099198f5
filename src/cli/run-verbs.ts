import { Argument, type Command } from 'commander';
import { printCompletion, shells } from './completion.ts';
import type { StartOptions } from './start.ts';
import { version } from './version.ts';
import { addManual, defaultFile, fileHelp, oneOf, only } from './verb.ts';
import { noSuchVerb } from './wrong-usage.ts';

/** Pino's levels, from silence to everything. */
const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** The verb that runs the gateway, and those about banyan itself. */
export function addRunVerbs(program: Command): void {
  addStart(program);
  addManual(completionVerb(program), {
    examples: [
      'eval "$(banyan completion bash)"',
      'banyan completion fish > ~/.config/fish/completions/banyan.fish',
    ],
    exits: {},
  });
  addManual(versionVerb(program), { examples: ['banyan version --json'], exits: {} });
  addManual(helpVerb(program), { examples: ['banyan help flip'], exits: {} });
}

function addStart(program: Command): void {
  const start = program
    .command('start')
    .description('run the gateway')
    .argument('[file]', fileHelp)
    .option('--listen <host:port>', 'instead of "listen" in the file')
    .option('--admin <host:port>', 'instead of "admin" in the file')
    .option('--legacy <url>', 'instead of "legacy" in the file')
    .addOption(oneOf('--log <level>', 'how much to log (default: info)', logLevels))
    .action(async (file: string | undefined, options: StartOptions) => {
      const { start } = await import('./start.ts');
      await start(file ?? defaultFile(), options);
    });
  addManual(start, {
    examples: ['banyan start', 'banyan start /etc/banyan/routes.yaml --listen 127.0.0.1:8000'],
    exits: {
      ok: 'it was told to end, and every request was finished first',
      findings: 'the file has errors, or an address is taken',
      timedOut: 'it was told to end, and requests that took longer than "drain" were cut off',
    },
  });
}

function completionVerb(program: Command): Command {
  return program
    .command('completion')
    .description('print what a shell needs to complete with Tab')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells).argParser(only(shells, 'the shell')))
    .action((shell: string) => printCompletion(shell));
}

function versionVerb(program: Command): Command {
  return program
    .command('version')
    .description('print the versions of banyan and of Node')
    .option('--json', 'one JSON document')
    .action((options: { json?: boolean }) => {
      process.exitCode = version(options);
    });
}

/** commander's own prints the help of everything for a verb that does not exist. */
function helpVerb(program: Command): Command {
  return program
    .helpCommand(false)
    .command('help')
    .description('say more about a verb')
    .argument('[verb...]', 'such as flip, or sessions decode')
    .action((words: string[]) => {
      const found = words.reduce((command, word) => {
        const verb = command.commands.find((each) => each.name() === word);
        if (verb === undefined) throw noSuchVerb(word, command);
        return verb;
      }, program);
      found.outputHelp();
    });
}
