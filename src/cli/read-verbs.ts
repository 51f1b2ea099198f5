import { Argument, type Command } from 'commander';
import type { CheckOptions } from './check.ts';
import { addManual, defaultFile, fileHelp, only } from './verb.ts';

interface ExplainArguments {
  header?: string[];
  cookie?: string[];
  data?: string[];
  from: string;
  file?: string;
  json?: boolean;
}

/** The verbs that look at the file and change nothing. */
export function addReadVerbs(program: Command): void {
  addManual(checkVerb(program), {
    examples: ['banyan check --database', 'banyan check --against /var/log/apache2/access.log*'],
    exits: {
      ok: 'no errors, perhaps warnings',
      findings: 'errors',
      unreachable: 'the place where sessions are kept does not answer, or a log cannot be read',
    },
  });
  addManual(routesVerb(program), {
    examples: ['banyan routes', 'banyan routes --json | jq -r .routes[].name'],
    exits: { findings: 'the file has errors' },
  });
  addManual(explainVerb(program), {
    examples: [
      "banyan explain GET '/cgi-bin/view.pl?sku=7' -b CGISESSID=5f3a9c",
      'banyan explain POST /cgi-bin/cart.pl -d action=add',
    ],
    exits: { findings: 'the file has errors', usage: 'wrong usage, or no gateway would take such a request' },
  });
  addManual(linkVerb(program), {
    examples: ['banyan link view port --for 8h --url https://shop.example'],
    exits: { findings: 'the file has errors, or sets no admin token' },
  });
}

const sides = ['legacy', 'port'];

interface LinkArguments {
  for: string;
  url?: string;
  file?: string;
  json?: boolean;
}

function linkVerb(program: Command): Command {
  return program
    .command('link')
    .description('make a link that shows a tester one side')
    .argument('<route>', "its name, its key, a URL path, or '*' for all")
    .addArgument(new Argument('<side>', 'who serves it').choices(sides).argParser(only(sides, 'the side')))
    .option('--for <duration>', 'how long it is good for', '8h')
    .option('--url <url>', 'where visitors reach the gateway; else where it listens')
    .option('--file <file>', fileHelp)
    .option('--json', 'one JSON document')
    .action(async (route: string, side: 'legacy' | 'port', options: LinkArguments) => {
      const { link } = await import('./link.ts');
      process.exitCode = await link(options.file ?? defaultFile(), { ...options, route, side });
    });
}

function checkVerb(program: Command): Command {
  return program
    .command('check')
    .description('say everything that is wrong with the file')
    .argument('[file]', fileHelp)
    .option('--database', 'also look at the place where sessions are kept')
    .option('--against <log...>', 'also say which routes the requests of access logs meet; - for stdin')
    .option('--json', 'one JSON document')
    .action(async (file: string | undefined, options: CheckOptions) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(file ?? defaultFile(), options);
    });
}

function routesVerb(program: Command): Command {
  return program
    .command('routes')
    .description('list the routes')
    .argument('[file]', fileHelp)
    .option('--json', 'one JSON document')
    .action(async (file: string | undefined, options: { json?: boolean }) => {
      const { routes } = await import('./routes.ts');
      process.exitCode = await routes(file ?? defaultFile(), options);
    });
}

function explainVerb(program: Command): Command {
  return program
    .command('explain')
    .description('say which route and side a request would get')
    .argument('<method>', 'such as GET')
    .argument('<url>', 'a path, or a whole URL whose host is ignored')
    .option('-H, --header <header...>', 'a request header, "name: value"')
    .option('-b, --cookie <cookie...>', 'a cookie, "name=value"')
    .option('-d, --data <form...>', 'the body of a form, as with curl')
    .option('--from <address>', 'the address of the client, for requests without a session', '127.0.0.1')
    .option('--file <file>', fileHelp)
    .option('--json', 'one JSON document')
    .action(async (method: string, url: string, options: ExplainArguments) => {
      const { explainRequest } = await import('./explain.ts');
      process.exitCode = await explainRequest(options.file ?? defaultFile(), { ...options, method, url });
    });
}
