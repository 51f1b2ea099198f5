import { type Command, InvalidArgumentError } from 'commander';
import type { ChangeOptions } from './change-options.ts';
import type { RampOptions } from './ramp.ts';
import { addManual, defaultFile, fileHelp, type Manual } from './verb.ts';

/** The verbs that change the file, and the one that tells how it came to be as it is. */
export function addEditVerbs(program: Command): void {
  for (const add of [addFlip, addSplit, addShadow, addRamp, addRollback, addKill, addFmt, addHistory])
    add(program);
}

const routeHelp = 'its name, its key, or a URL path';

const exits: Manual['exits'] = {
  findings: 'the file has errors or would have, cannot be written, or the gateway refused it',
  usage: 'wrong usage, or --yes is missing',
  changedMeanwhile: 'the file changed meanwhile; nothing was written',
};
const exitsOfMoves: Manual['exits'] = {
  ...exits,
  refused: 'this version does not do it yet; nothing was written',
};

/** A verb with the options that all of them take. */
function changing(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('-m, --reason <text>', 'why, for the journal')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the change, write nothing')
    .option('--exit-code', 'with --dry-run: exit 1 if something would change')
    .option('--json', 'one JSON document')
    .option('--file <file>', fileHelp);
}

/** A verb that sets targets, some of which are for a later version. */
function moving(program: Command, name: string, description: string): Command {
  return changing(program, name, description).option(
    '--force',
    'write even what a gateway refuses; needs -m',
  );
}

const fileOf = ({ file }: ChangeOptions): string => file ?? defaultFile();

function addFlip(program: Command): void {
  const verb = moving(program, 'flip', 'change the target of one route')
    .argument('<route>', routeHelp)
    .argument('<target...>', 'legacy, shadow, port N%, port, retired')
    .action(async (route: string, target: string[], options: ChangeOptions) => {
      const { flip } = await import('./flip.ts');
      process.exitCode = await flip(fileOf(options), route, target.join(' '), options);
    });
  const examples = ['banyan flip view port 25% -m "first visitors"', 'banyan flip view legacy --dry-run'];
  addManual(verb, { examples, exits: exitsOfMoves });
}

function addSplit(program: Command): void {
  const verb = moving(program, 'split', 'give the port a share of a route')
    .argument('<route>', routeHelp)
    .argument('<share>', 'such as 25%')
    .action(async (route: string, share: string, options: ChangeOptions) => {
      const { split } = await import('./split.ts');
      process.exitCode = await split(fileOf(options), route, share, options);
    });
  addManual(verb, { examples: ['banyan split view 25%'], exits: exitsOfMoves });
}

function addShadow(program: Command): void {
  const verb = moving(program, 'shadow', 'run the other side too, and compare')
    .argument('<route>', routeHelp)
    .argument('[share]', 'of the requests; all where it is left out')
    .action(async (route: string, share: string | undefined, options: ChangeOptions) => {
      const { shadow } = await import('./shadow.ts');
      process.exitCode = await shadow(fileOf(options), route, share, options);
    });
  addManual(verb, { examples: ['banyan shadow search 20%'], exits: exitsOfMoves });
}

function addRamp(program: Command): void {
  const verb = moving(program, 'ramp', 'move a route step by step')
    .argument('<route>', routeHelp)
    .option('--steps <shares>', 'write the steps, such as 1,5,25,50,100')
    .option('--every <duration>', 'how long each step shall last, such as 30m')
    .option('--next', 'take the next step')
    .option('--pause', 'hold at the share of now')
    .option('--stop', 'take the ramp out of the file')
    .action(async (route: string, options: RampOptions) => {
      const { ramp } = await import('./ramp.ts');
      process.exitCode = await ramp(fileOf(options), route, options);
    });
  const examples = [
    'banyan ramp view',
    'banyan ramp view --steps 1,5,25,100 --every 30m',
    'banyan ramp view --next',
  ];
  addManual(verb, { examples, exits: exitsOfMoves });
}

function addRollback(program: Command): void {
  const verb = moving(program, 'rollback', 'undo the last change, or go back to a revision')
    .argument('[route-or-rev]', 'the last change of a route, or the whole file as in a revision')
    .action(async (what: string | undefined, options: ChangeOptions) => {
      const { rollback } = await import('./rollback.ts');
      process.exitCode = await rollback(fileOf(options), what, options);
    });
  addManual(verb, {
    examples: ['banyan rollback', 'banyan rollback view', 'banyan rollback 41'],
    exits: exitsOfMoves,
  });
}

function addKill(program: Command): void {
  const verb = changing(program, 'kill', 'everything to legacy, now').action(
    async (options: ChangeOptions) => {
      const { kill } = await import('./kill.ts');
      process.exitCode = await kill(fileOf(options), options);
    },
  );
  addManual(verb, { examples: ['banyan kill -m "blank pages"'], exits });
}

function addFmt(program: Command): void {
  const verb = changing(program, 'fmt', 'lay the file out; nothing but blanks changes')
    .option('--check', 'only say whether it is laid out, by the exit code')
    .option('--diff', 'show what would change, write nothing')
    .action(async (options: ChangeOptions & { check?: boolean; diff?: boolean }) => {
      const { fmt } = await import('./fmt.ts');
      process.exitCode = await fmt(fileOf(options), options);
    });
  addManual(verb, { examples: ['banyan fmt', 'banyan fmt --check'], exits });
}

function addHistory(program: Command): void {
  const verb = program
    .command('history')
    .description('who changed the file, when, why, and what')
    .argument('[route]', 'only what changed this one')
    .option('--limit <number>', 'how many, the newest first', readLimit, 20)
    .option('--json', 'one JSON document')
    .option('--file <file>', fileHelp)
    .action(async (route: string | undefined, options: { limit: number; json?: boolean; file?: string }) => {
      const { history } = await import('./history.ts');
      process.exitCode = await history(fileOf(options), { ...options, route });
    });
  addManual(verb, { examples: ['banyan history', 'banyan history view --limit 5'], exits: {} });
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a number from 1 to 999999');
}
