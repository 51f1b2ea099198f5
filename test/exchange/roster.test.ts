import t from 'tap';
import { Roster } from '../../src/exchange/roster.ts';

const onIt = (roster: Roster<string>): string =>
  roster
    .places()
    .map(({ value }) => value)
    .join('');

t.test('who comes stands at the end, and the first is who came first', (t) => {
  const roster = new Roster<string>();
  t.equal(roster.first, null);
  for (const name of 'abc') roster.add(name);
  t.equal(onIt(roster), 'abc');
  t.equal(roster.size, 3);
  t.equal(roster.first?.value, 'a');
  t.end();
});

t.test('anybody may leave, once: the others keep their order', (t) => {
  for (const leaver of [0, 1, 2, 3]) {
    const roster = new Roster<string>();
    const place = 'abcd'.split('').map((name) => roster.add(name))[leaver];
    t.equal(place?.leave(), true);
    t.equal(place?.leave(), false, 'it was left already');
    t.equal(onIt(roster), 'abcd'.replace('abcd'.charAt(leaver), ''));
    roster.add('e');
    t.equal(onIt(roster).at(-1), 'e');
    t.equal(roster.size, 4);
  }
  t.end();
});

t.test('the last one leaves, and it is as new', (t) => {
  const roster = new Roster<string>();
  roster.add('a').leave();
  t.equal(roster.first, null);
  t.equal(roster.size, 0);
  roster.add('b');
  t.equal(onIt(roster), 'b');
  t.end();
});

t.test('a list of the places stays as it was, whoever leaves and comes while it is gone through', (t) => {
  const roster = new Roster<string>();
  for (const name of 'abc') roster.add(name);
  const seen: string[] = [];
  for (const place of roster.places()) {
    seen.push(place.value);
    place.leave();
    roster.add(place.value.toUpperCase());
  }
  t.same(seen, ['a', 'b', 'c']);
  t.equal(onIt(roster), 'ABC');
  t.end();
});

t.test('nothing that has left refers to what came after it', (t) => {
  const roster = new Roster<string>();
  const [first, second, third] = 'abc'.split('').map((name) => roster.add(name));
  second?.leave();
  t.match(second, { before: null, after: null });
  first?.leave();
  t.match(first, { before: null, after: null });
  t.match(third, { before: null, after: null }, 'and it is alone now');
  t.end();
});
