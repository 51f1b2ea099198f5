import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, printReport, type Bench, type Report } from './report.ts';

/** Every bench is a file of its name that exports `bench`; it is loaded when it is asked for. */
const benches: Readonly<Record<string, string>> = {
  proxy: 'what the gateway costs: 1 kB pages through both lanes, and through what others pass them on with',
  'proxy-memory': 'how much memory the gateway takes for large bodies and for many idle clients',
  cgi: 'what running a script costs: mod_cgid, and the three ways in which banyan runs them itself',
  ports:
    'what a port costs, with turn and transaction: the cart, beside mod_cgid, mod_perl and a bare Fastify app',
  codec: 'what reading and writing a cart of 14 kB costs, in every format of sessions',
  session: 'what a turn costs, and whether turns are fair: alone, in a herd, between gateways',
  fuzz: 'whether a million hostile inputs break a codec, hold it up or stay in memory',
  routes: 'whether 10,000 routes are felt: when they are read, at each request, and when they are replaced',
  race: 'how many updates of a session are lost, without and with the gateway',
};

const usage = `npm run bench -- NAME [--json] [--strict] [--rounds N] [--seconds N]

${Object.entries(benches)
  .map(([name, sentence]) => `  ${name.padEnd(14)}${sentence}`)
  .join('\n')}

--json     print JSON instead of a table
--strict   exit 1 when a goal is not held
--rounds   interleaved rounds (BENCH_ROUNDS, 5)
--seconds  length of one measurement (BENCH_SECONDS, 2)
`;

/** Runs a bench and gives the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      rounds: { type: 'string', default: process.env['BENCH_ROUNDS'] ?? '5' },
      seconds: { type: 'string', default: process.env['BENCH_SECONDS'] ?? '2' },
    },
  });
  const [name, ...more] = positionals;
  if (name === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  if (more.length > 0) throw new Error(`one bench at a time, not ${positionals.join(', ')}`);
  const bench = await find(name);
  const order = {
    rounds: wholeNumber(values.rounds, 'rounds'),
    seconds: wholeNumber(values.seconds, 'seconds'),
    say: (text: string) => void process.stderr.write(`bench ${name}: ${text}\n`),
  };
  const report: Report = { name, machine: machine(), ...(await bench.run(order)) };
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : printReport(report)}\n`);
  return values.strict && report.goals.some((goal) => goal.held === false) ? 1 : 0;
}

async function find(name: string): Promise<Bench> {
  if (!Object.hasOwn(benches, name)) {
    throw new Error(`there is no bench "${name}"; there are: ${Object.keys(benches).join(', ')}`);
  }
  const file = join(import.meta.dirname, `${name}.ts`);
  if (!existsSync(file)) throw new Error(`the bench "${name}" has not been written yet`);
  const { bench } = (await import(file)) as { bench: Bench };
  return bench;
}

function wholeNumber(text: string, name: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} is a whole number from 1 on, not "${text}"`);
  return number;
}

// Everything that was started ends with this process; `exit` also removes the scratch folders.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
