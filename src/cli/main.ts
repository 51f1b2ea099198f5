#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import type { DecodeOptions } from './decode.ts';
import { reportFailure } from './failure.ts';
import type { SessionsOptions } from './sessions.ts';

/** The verbs. Each one's code is loaded only when it runs, so that `banyan --help` and shell completion stay quick. */
function makeProgram(): Command {
  const program = new Command('banyan')
    .description('Moves a Perl CGI site to TypeScript one route at a time')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(try banyan --help)');
  addStart(program);
  addReaders(program);
  addFlip(program);
  addSessions(program);
  // exitOverride is not inherited by commands that were made before it; set it once more for all of them.
  for (const command of program.commands) command.exitOverride();
  return program;
}

const fileHelp = 'routes.yaml (default: $BANYAN_ROUTES, else ./routes.yaml)';
const defaultFile = (): string => process.env['BANYAN_ROUTES'] || 'routes.yaml';

interface StartOptions {
  listen?: string;
  admin?: string;
  legacy?: string;
  log?: string;
}

function addStart(program: Command): void {
  program
    .command('start')
    .description('run the gateway')
    .argument('[file]', fileHelp)
    .option('--listen <host:port>', 'instead of "listen" in the file')
    .option('--admin <host:port>', 'instead of "admin" in the file')
    .option('--legacy <url>', 'instead of "legacy" in the file')
    .option('--log <level>', 'how much to log')
    .action(async (file: string | undefined, options: StartOptions) => {
      const { start } = await import('./start.ts');
      await start(file ?? defaultFile(), options);
    });
}

function addReaders(program: Command): void {
  program
    .command('check')
    .description('say everything that is wrong with the file; exit 1 if there are errors')
    .argument('[file]', fileHelp)
    .option('--database', 'also look at the place where sessions are kept; exit 3 if it does not answer')
    .option('--json', 'one JSON document')
    .action(async (file: string | undefined, options: { database?: boolean; json?: boolean }) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(file ?? defaultFile(), options);
    });
  program
    .command('routes')
    .description('list the routes')
    .argument('[file]', fileHelp)
    .option('--json', 'one JSON document')
    .action(async (file: string | undefined, options: { json?: boolean }) => {
      const { routes } = await import('./routes.ts');
      process.exitCode = await routes(file ?? defaultFile(), options);
    });
  program
    .command('explain')
    .description('say which route and which side a request would get, without sending it')
    .argument('<method>', 'such as GET')
    .argument('<url>', 'a path, or a whole URL whose host is ignored')
    .option('-H, --header <header...>', 'a request header, "name: value"')
    .option('-b, --cookie <cookie...>', 'a cookie, "name=value"')
    .option('--from <address>', 'the address of the client, for requests without a session', '127.0.0.1')
    .option('--file <file>', fileHelp)
    .option('--json', 'one JSON document')
    .action(async (method: string, url: string, options: ExplainArguments) => {
      const { explainRequest } = await import('./explain.ts');
      process.exitCode = await explainRequest(options.file ?? defaultFile(), { ...options, method, url });
    });
}

interface ExplainArguments {
  header?: string[];
  cookie?: string[];
  from: string;
  file?: string;
  json?: boolean;
}

function addFlip(program: Command): void {
  program
    .command('flip')
    .description('change the target of one route in the file; a running gateway takes it at once')
    .argument('<route>', 'its name, its key, or a URL path')
    .argument('<target...>', 'legacy, port, or port N%')
    .option('--file <file>', fileHelp)
    .option('--dry-run', 'show the change, write nothing')
    .option('--json', 'one JSON document')
    .action(
      async (
        route: string,
        target: string[],
        options: { file?: string; dryRun?: boolean; json?: boolean },
      ) => {
        const { flip } = await import('./flip.ts');
        process.exitCode = await flip(options.file ?? defaultFile(), {
          ...options,
          route,
          target: target.join(' '),
        });
      },
    );
}

function addSessions(program: Command): void {
  const verb = program
    .command('sessions')
    .description('what a running gateway remembers of its sessions, or the timeline of one')
    .argument('[session]', 'its id, or its label from the list')
    .option('--admin <url>', 'the admin listener of the gateway', 'http://127.0.0.1:9901')
    .option('--by <order>', 'order of the list: last, waits, held or outside', 'last')
    .option('--watch', 'go on until Ctrl-C')
    .option('--interval <duration>', 'how often to look with --watch', '1s')
    .option('--json', 'one JSON document; with --watch one event a line')
    .action(async (session: string | undefined, options: SessionsOptions) => {
      const { oneSession, sessions } = await import('./sessions.ts');
      process.exitCode = await (session === undefined ? sessions(options) : oneSession(session, options));
    });
  verb
    .command('decode')
    .description('show what the bytes of a session in a file hold')
    .argument('<file>', 'the content of a_session, byte for byte; - for stdin')
    .option('--format <name>', 'its serializer; else it is told by the bytes')
    .option('--reencode', 'write it again, as a port that changed nothing would')
    .option('--json', 'one JSON document')
    .exitOverride()
    .action(async (file: string, _options: unknown, command: Command) => {
      const { decodeSession } = await import('./decode.ts');
      process.exitCode = await decodeSession(file, command.optsWithGlobals<DecodeOptions>());
    });
}

// `banyan routes | head` closes our output early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await makeProgram().parseAsync();
} catch (error) {
  // commander has printed its own message; help and version count as success.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportFailure(error);
}
