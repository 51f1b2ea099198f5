import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { banyan } from '../helpers/cli.ts';

const file = `legacy: http://127.0.0.1:8080
admin: 127.0.0.1:1
base: /
routes:
  view: port 5%  # moved
  cart: legacy
  /**: legacy
`;

/** A folder in which `banyan ramp` can be run, and the line of the route. */
function open(t: Test) {
  const folder = t.testdir({
    'routes.yaml': file,
    ports: { 'view.ts': 'export default 1;\n', 'cart.ts': 'export default 1;\n' },
  });
  return {
    ramp: (...args: string[]) => banyan(folder, ['ramp', ...args]),
    line: async () => (await readFile(join(folder, 'routes.yaml'), 'utf8')).split('\n')[4],
  };
}

t.test('the steps are written in the line of the route, which stays where it is', async (t) => {
  const { ramp, line } = open(t);
  t.match(await ramp('view', '--steps', '1,5,25%,100', '--every', '10m'), {
    code: 0,
    stdout: 'Undo: banyan rollback 1',
  });
  t.equal(await line(), '  view: { to: port 5%, ramp: { steps: [1%, 5%, 25%, 100%], every: 10m } }  # moved');
  t.match(await ramp('view'), {
    code: 0,
    stdout: 'view  port 5%   ✔ 1%  ✔ 5%  → 25%  · 100%   every 10m, by hand\n',
  });
  await ramp('view', '--every', '1h');
  t.match(await line(), 'steps: [1%, 5%, 25%, 100%], every: 1h');
});

t.test('the next step is the next share above the one there is, the last the port alone', async (t) => {
  const { ramp, line } = open(t);
  await ramp('view', '--steps', '1,5,25,100');
  t.match(await ramp('view', '--next'), { code: 2, stderr: /add --yes/ });
  await ramp('view', '--next', '--yes');
  t.match(await line(), '{ to: port 25%, ramp:');
  t.match(await ramp('view', '--pause'), { code: 0 });
  t.match(await line(), 'every: 30m, hold-at: 25% }');
  t.match(
    (await ramp('view')).stdout,
    'view  port 25%   ✔ 1%  ✔ 5%  ✔ 25%  → 100%   every 30m, hold at 25%, by hand\n',
  );
  await ramp('view', '--next', '--yes');
  t.match(await line(), '{ to: port, ramp:');
  t.match(await ramp('view', '--next', '--yes'), { code: 0, stdout: /view is at its last step/ });
});

t.test('a ramp that is stopped is gone from the file', async (t) => {
  const { ramp, line } = open(t);
  const before = await line();
  await ramp('view', '--steps', '1,100');
  await ramp('view', '--stop');
  t.equal(await line(), before);
  t.match(await ramp('view', '--stop'), { code: 2, stderr: /has no ramp of its own/ });
});

t.test('--json says where it stands', async (t) => {
  const { ramp } = open(t);
  await ramp('view', '--steps', '1,100');
  t.match(JSON.parse((await ramp('view', '--json')).stdout), {
    schema: 1,
    route: 'view',
    target: 'port 5%',
    next: 100,
    ramp: { stepPercents: [1, 100], everyMs: 1_800_000, holdAtPercent: null, start: 'manual' },
  });
});

t.test('steps that do not rise, shares that are none, and two wishes at once are refused', async (t) => {
  const { ramp, line } = open(t);
  const before = await line();
  t.match(await ramp('view', '--steps', '5,1'), { code: 1, stderr: /ramp step 1% does not go up/ });
  t.match(await ramp('view', '--steps', '5,many'), { code: 2, stderr: /cannot read the percentage "many"/ });
  t.match(await ramp('view', '--every', '30'), { code: 2, stderr: /write 30s/ });
  t.match(await ramp('view', '--next', '--stop'), { code: 2, stderr: /only one of/ });
  t.match(await ramp('view', '--next'), { code: 2, stderr: /view has no ramp[^]*--steps 1,5,25,50,100/ });
  t.equal(await line(), before);
});
