import type { Command } from 'commander';
import { sessionOrders } from '../session/timeline-entry.ts';
import type { DecodeOptions } from './decode.ts';
import type { SessionsOptions } from './sessions.ts';
import { addManual, oneOf } from './verb.ts';

/** The verbs that look at sessions. */
export function addSessionVerbs(program: Command): void {
  const sessions = addManual(sessionsVerb(program), {
    examples: ['banyan sessions --by waits', 'banyan sessions 5f3a9c --watch'],
    exits: {
      findings: 'nothing is remembered of that session',
      unreachable: 'no gateway answers',
      interrupted: '--watch was ended with Ctrl-C',
    },
  });
  addManual(decodeVerb(sessions), {
    examples: ['banyan sessions decode a_session.bin', 'banyan sessions decode - --json < a_session.bin'],
    exits: { findings: 'the bytes are no session, or not of that format' },
  });
}

function sessionsVerb(program: Command): Command {
  return program
    .command('sessions')
    .description('list the sessions, or show the timeline of one')
    .argument('[session]', 'its id, or its label from the list')
    .option('--admin <url>', 'the admin listener of the gateway', 'http://127.0.0.1:9901')
    .addOption(oneOf('--by <order>', 'order of the list', sessionOrders).default('last'))
    .option('--watch', 'go on until Ctrl-C')
    .option('--interval <duration>', 'how often to look with --watch', '1s')
    .option('--json', 'one JSON document; with --watch one event a line')
    .action(async (session: string | undefined, options: SessionsOptions) => {
      const { oneSession, sessions } = await import('./sessions.ts');
      process.exitCode = await (session === undefined ? sessions(options) : oneSession(session, options));
    });
}

function decodeVerb(sessions: Command): Command {
  return sessions
    .command('decode')
    .description('show what the bytes of a session in a file hold')
    .argument('<file>', 'the content of a_session, byte for byte; - for stdin')
    .option('--format <name>', 'its serializer; else it is told by the bytes')
    .option('--reencode', 'write it again, as a port that changed nothing would')
    .option('--json', 'one JSON document')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { decodeSession } = await import('./decode.ts');
      process.exitCode = await decodeSession(file, command.optsWithGlobals<DecodeOptions>());
    });
}
