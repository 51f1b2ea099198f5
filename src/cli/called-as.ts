import process from 'node:process';

/** How whoever reads this types `banyan`: in a checkout, where it was run by `npm run banyan`, it is on no PATH. */
export function calledAs(): string {
  return process.env['npm_lifecycle_event'] === 'banyan' ? 'npm run banyan --' : 'banyan';
}
