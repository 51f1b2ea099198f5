import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { stay } from './stay.ts';

const usage = `usage: npm run demo               start the shop and the gateway, and stay up
       npm run dev                the same, and tell what becomes of ports while you write them
       npm run demo -- --check    run everything once, print what was seen as JSON, exit 0 if all of it held
       npm run demo -- --check --flip-seconds 30`;

/** `npm run demo`: the product's main job on a real Perl shop. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      dev: { type: 'boolean', default: false },
      'flip-seconds': { type: 'string', default: '30' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const flipSeconds = Number(values['flip-seconds']);
  if (!(flipSeconds > 0 && flipSeconds <= 600))
    throw new TypeError('--flip-seconds is a number from 1 to 600');
  return values.check ? check(flipSeconds) : stay({ dev: values.dev });
}

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    if (thrown instanceof TypeError) process.stderr.write(`${usage}\n`);
    process.stderr.write(`demo: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exit(2);
  },
);
