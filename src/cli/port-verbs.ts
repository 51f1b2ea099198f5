import type { Command } from 'commander';
import type { PortNewOptions } from './port-new.ts';
import { addManual, defaultFile, fileHelp } from './verb.ts';

/** The verbs for who writes ports. */
export function addPortVerbs(program: Command): void {
  const port = addManual(program.command('port').description('begin the port of a script: port new ROUTE'), {
    examples: ['banyan port new cart.pl'],
    exits: {},
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
