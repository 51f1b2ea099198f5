import { Argument, type Command } from 'commander';
import { printCompletion, shells } from './completion.ts';
import type { HostOptions } from './host.ts';
import { aboutGroup } from './help.ts';
import type { StartOptions } from './start.ts';
import type { StatusOptions } from './status.ts';
import { version } from './version.ts';
import { addManual, defaultFile, fileHelp, oneOf, only } from './verb.ts';
import { noSuchVerb } from './wrong-usage.ts';

/** Pino's levels, from silence to everything. */
const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** The verb that runs the gateway, and those about banyan itself. */
export function addRunVerbs(program: Command): void {
  addStart(program);
  addHost(program);
  addManual(statusVerb(program), {
    examples: ['banyan status', 'banyan status --check && echo all is well'],
    exits: { findings: 'with --check: something needs a person', unreachable: 'no gateway answers' },
  });
  program.commandsGroup(aboutGroup);
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

function statusVerb(program: Command): Command {
  return program
    .command('status')
    .description('what a running gateway runs, and what needs a person')
    .option('--admin <url>', 'the admin listener of the gateway', 'http://127.0.0.1:9901')
    .option('--check', 'exit code 1 where something needs a person')
    .option('--json', 'one JSON document')
    .action(async (options: StatusOptions) => {
      const { status } = await import('./status.ts');
      process.exitCode = await status(options);
    });
}

function addHost(program: Command): void {
  const host = program
    .command('host')
    .description('run the ports for a gateway elsewhere')
    .argument('[file]', fileHelp)
    .option('--listen <place>', 'unix:/path or host:port, instead of "ports: { url }" in the file')
    .addOption(oneOf('--log <level>', 'how much to log (default: info)', logLevels))
    .action(async (file: string | undefined, options: HostOptions) => {
      const { host } = await import('./host.ts');
      await host(file ?? defaultFile(), options);
    });
  addManual(host, {
    examples: [
      'banyan host --listen unix:/run/ports.sock',
      'banyan host /etc/banyan/routes.yaml --listen 127.0.0.1:9000',
    ],
    exits: {
      ok: 'it was told to end, and finished its requests and what ports had left for later',
      findings: 'the file has errors or no session, or somebody listens there',
      timedOut: 'it was told to end, and what took longer than "drain" was cut off',
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
