import t from 'tap';
import { setRamp, stopRamp } from '../../src/config/edit-ramp.ts';
import { hunkBetween } from '../../src/config/hunk.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';

const file = `routes:
  /word:  port 5%  # why
  /comma: port 5%, shadow
  /flow:  { to: port, name: flow } # on one line
  /block:
    to: legacy # not yet
    # between
    timeout: 5s
  /has:
    to: port 5%
    ramp:
      steps: [1%, 5%]   # two of them
      every: 3m
    timeout: 5s
  /long:
    to: port 5%
    ramp:
      steps:
        - 1% # first
    # behind the ramp
  /**: legacy
`;
const ramp = { steps: ['1%', '100%'], every: '30m' };
const written = '{ steps: [1%, 100%], every: 30m }';
const added = (text: string): readonly string[] => hunkBetween(file, text).added;
const removed = (text: string): readonly string[] => hunkBetween(file, text).removed;
const mistake = (work: () => string): string => {
  const result = orMistake(work);
  return result instanceof Mistake ? `${result.message} [${result.code}]` : 'no mistake';
};

t.test('a route that is one word becomes a map in its line', async (t) => {
  t.same(added(setRamp(file, '/word', ramp)), [`  /word:  { to: port 5%, ramp: ${written} }  # why`]);
  t.same(added(setRamp(file, '/comma', ramp)), [`  /comma: { to: 'port 5%, shadow', ramp: ${written} }`]);
});

t.test('a map gets one more key: in its braces, or in one line of its own', async (t) => {
  t.same(added(setRamp(file, 'flow', ramp)), [
    `  /flow:  { to: port, name: flow, ramp: ${written} } # on one line`,
  ]);
  const block = setRamp(file, '/block', ramp);
  t.same([removed(block), added(block)], [[], [`    ramp: ${written}`]]);
  const crlf = setRamp(file.replaceAll('\n', '\r\n'), '/block', ramp);
  t.equal(crlf, block.replaceAll('\n', '\r\n'), 'with the line end of its neighbours');
});

t.test('of a ramp that is there only what is said changes', async (t) => {
  t.same(added(setRamp(file, '/has', { every: '1h' })), ['      every: 1h']);
  t.same(added(setRamp(file, '/has', { holdAt: '5%' })), ['      hold-at: 5%']);
  t.same(added(setRamp(file, '/has', { steps: ['1%', '100%'] })), ['      steps: [1%, 100%] # two of them']);
  const flow = setRamp(file, 'flow', ramp);
  t.same(added(setRamp(flow, 'flow', { holdAt: '1%' })), [
    '  /flow:  { to: port, name: flow, ramp: { steps: [1%, 100%], every: 30m, hold-at: 1% } } # on one line',
  ]);
  const none = 'routes:\n  /x: { to: port, ramp: none }\n';
  t.equal(setRamp(none, '/x', ramp), `routes:\n  /x: { to: port, ramp: ${written} }\n`);
});

t.test('steps on several lines have comments of their own, and are left to a person', async (t) => {
  t.equal(
    mistake(() => setRamp(file, '/long', ramp)),
    '"steps" is not written on one line [not-editable]',
  );
});

t.test('a ramp that is stopped is gone, and what it was written into is as before', async (t) => {
  for (const route of ['/word', 'flow', '/block', '/**']) {
    t.equal(stopRamp(setRamp(file, route, ramp), route), file, route);
  }
  t.same(removed(stopRamp(file, '/has')), [
    '    ramp:',
    '      steps: [1%, 5%]   # two of them',
    '      every: 3m',
  ]);
  t.same(removed(stopRamp(file, '/long')), ['    ramp:', '      steps:', '        - 1% # first']);
  t.equal(
    mistake(() => stopRamp(file, '/word')),
    'route "/word" has no ramp of its own [no-ramp]',
  );
});
