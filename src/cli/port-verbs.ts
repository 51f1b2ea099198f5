import type { Command } from 'commander';
import type { PortNewOptions } from './port-new.ts';
import type { PortTestOptions } from './port-test.ts';
import type { RecordOptions } from './record.ts';
import { addManual, defaultFile, fileHelp } from './verb.ts';

/** The verbs for who writes ports. */
export function addPortVerbs(program: Command): void {
  const port = addManual(
    program.command('port').description('begin a port, and try it: port new, port test'),
    {
      examples: ['banyan port new cart.pl', 'banyan port test cart.pl'],
      exits: {},
    },
  );
  addManual(testVerb(port), {
    examples: ['banyan port test cart.pl', 'banyan port test cart.pl --from /tmp/recorded --json'],
    exits: { findings: 'something differs, nothing was recorded, or the route has no port' },
  });
  addManual(recordVerb(program), {
    examples: [
      'banyan record cart.pl -n 50',
      'banyan record checkout.pl -n 10 --mask address,city',
      'banyan record cart.pl --sql mysql://admin:password@127.0.0.1/',
    ],
    exits: {
      findings: "the gateway refuses, the folder cannot be written, or the server's log was switched off",
      unreachable: 'no gateway answers, or no database',
      refused: "the account of --sql may not have the server's log; nothing was recorded",
      interrupted: 'it was ended with Ctrl-C; what had come by then is kept',
    },
  });
  addManual(newVerb(port), {
    examples: [
      'banyan port new cart.pl --dry-run',
      'banyan port new cart --script /var/www/cgi-bin/cart.pl --lib /var/www/lib',
    ],
    exits: {
      findings: 'the file has errors, the script cannot be read or is no Perl, or the port is there already',
      usage: 'wrong usage, or nothing says where the script is',
    },
  });
}

function newVerb(port: Command): Command {
  return port
    .command('new')
    .description("read a route's Perl script, and write a port and a test to begin with")
    .argument('<route>', 'its name, its key, or a URL path')
    .option('--script <file>', 'the Perl, where "legacy" does not say where it is')
    .option('--lib <folder...>', "further folders of the site's own modules")
    .option('--force', 'write over a port and a test that are there')
    .option('--dry-run', 'print both, write nothing')
    .option('--json', 'one JSON document: all that was found')
    .option('--file <file>', fileHelp)
    .action(async (route: string, options: PortNewOptions) => {
      const { portNew } = await import('./port-new.ts');
      process.exitCode = await portNew(options.file ?? defaultFile(), route, options);
    });
}

function testVerb(port: Command): Command {
  return port
    .command('test')
    .description('run a port for recorded requests, and compare with what legacy answered')
    .argument('<route>', 'its name, its key, or a URL path')
    .option('--from <folder>', 'what was recorded (default: test/ports/recorded/ROUTE beside routes.yaml)')
    .option('--strict-sql', 'other statements than legacy sent count as a difference, too')
    .option('--json', 'one JSON document')
    .option('--file <file>', fileHelp)
    .action(async (route: string, options: PortTestOptions) => {
      const { portTest } = await import('./port-test.ts');
      process.exitCode = await portTest(options.file ?? defaultFile(), route, options);
    });
}

function recordVerb(program: Command): Command {
  return program
    .command('record')
    .description('record exchanges of a route, masked, for port test')
    .argument('<route>', 'its name, its key, or a URL path')
    .option('-n, --number <count>', 'how many', '50')
    .option('--to <folder>', 'where to (default: test/ports/recorded/ROUTE beside routes.yaml)')
    .option('--mask <words>', 'parts of further names to mask, with commas', (words: string) =>
      words.split(','),
    )
    .option(
      '--sql [url]',
      "also what legacy sends to the database, from the server's general log; URL is mysql://admin:password@host/, or else in $BANYAN_SQL",
    )
    .option('--no-test', 'write no test of the recordings')
    .option('--admin <url>', 'the admin listener of the gateway', 'http://127.0.0.1:9901')
    .option('--token <token>', 'its admin token (default: $BANYAN_ADMIN_TOKEN)')
    .option('--json', 'one JSON document')
    .option('--file <file>', fileHelp)
    .action(async (route: string, options: RecordOptions) => {
      const { record } = await import('./record.ts');
      process.exitCode = await record(options.file ?? defaultFile(), route, options);
    });
}
