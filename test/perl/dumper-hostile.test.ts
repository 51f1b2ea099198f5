import t from 'tap';
import { Problem } from '../../src/errors.ts';
import { dumperCodec } from '../../src/perl/dumper.ts';
import { codecFixtures } from '../contract/codec-fixtures.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const decode = (text: string) => dumperCodec.decode(bytes(text));
const refusal = (message: RegExp) => ({ code: 'SESSION_UNREADABLE', message });
const fixtures = [...codecFixtures('cgisession-default'), ...codecFixtures('cgisession-default-pp')];

/** Reads bytes of an enemy: only a session or a Problem may come of it. */
function attempt(hostile: Buffer): 'read' | 'refused' {
  try {
    const data = dumperCodec.decode(hostile);
    if (Object.getPrototypeOf(data) !== null) throw new Error('a session with a prototype');
    return 'read';
  } catch (error) {
    if (error instanceof Problem && error.code === 'SESSION_UNREADABLE') return 'refused';
    throw error;
  }
}

t.test('a thousand levels are read, more are not, and never is the stack at risk', async (t) => {
  const nest = (open: string, close: string, depth: number) => {
    return `$D = {'k' => ${open.repeat(depth)}${open === '\\' ? '1' : ''}${close.repeat(depth)}};;$D`;
  };
  t.equal(attempt(bytes(nest('[', ']', 999))), 'read');
  for (const depth of [1000, 100_000])
    t.throws(() => decode(nest('[', ']', depth)), refusal(/more than 1000 values/));
  for (const [open, close] of [
    ["{'k' => ", '}'],
    ['\\', ''],
    ["bless( {'k' => ", "}, 'C' )"],
    ['bless( do{\\(my $o = ', ")}, 'C' )"],
  ] as const) {
    t.throws(() => decode(nest(open, close, 100_000)), refusal(/more than 1000 values/), open);
  }
  t.throws(() => decode('{'.repeat(100_000)), refusal(/byte 0/));
  t.throws(() => decode(`$D = ${'{'.repeat(100_000)}`), refusal(/byte 6: a hash key/));
  t.throws(() => decode(`$D = {'k' => ${'bless( '.repeat(100_000)}`), refusal(/bless of something/));
  t.throws(() => decode(`$D = {'k' => ${'${'.repeat(100_000)}`), refusal(/expected \$D/));
  t.throws(
    () => decode(`$D = {'k' => {}};${'${'.repeat(100_000)}$D${'}'.repeat(100_000)}`),
    refusal(/expected  = /),
  );
});

t.test('a megabyte of anything takes moments', async (t) => {
  const mega = 1_000_000;
  const started = process.cpuUsage();
  for (const unit of [
    "'",
    '"',
    '\\',
    "\\'",
    '\\\\',
    '{',
    '[',
    '1',
    '.',
    '1.',
    '_1',
    ',',
    '1,',
    '$',
    ';',
    'qr/',
    '\\/',
    '\\x{1}',
    '\0',
    '\xff',
    '-',
    'v1',
    '}',
    '${',
    "'a' => 1,",
  ]) {
    const run = unit.repeat(mega / unit.length);
    const openings = [
      '',
      "$D = {'k' => ",
      "$D = {'k' => '",
      "$D = {'k' => \"",
      "$D = {'k' => qr/",
      "$D = {'k' => [",
      '$D = {',
      "$D = {'k' => {}};",
    ];
    for (const opening of openings) attempt(bytes(opening + run));
  }
  const fixups = Array.from({ length: 20_000 }, (_, index) => `$D->{'b'}[${index}] = $D->{'a'};`).join('');
  t.equal(
    attempt(bytes(`$D = {'a' => [1],'b' => [${Array(20_000).fill('[]').join(',')}]};${fixups};$D`)),
    'read',
  );
  t.ok(process.cpuUsage(started).user < 30e6);
});

t.test('every session cut short anywhere is refused', async (t) => {
  for (const { session, bytes } of fixtures.filter(
    ({ bytes, session }) => bytes.length < 2000 && session !== 'top_array',
  )) {
    const read: number[] = [];
    for (let length = 0; length < bytes.length; length += 1) {
      if (attempt(bytes.subarray(0, length)) === 'read') read.push(length);
    }
    // Without its trailer a session is one of CGI::Session 4.0x, if no fixup is cut off with it.
    const whole = bytes.lastIndexOf(';;$D') + 1;
    t.ok(read.includes(whole), `${session}: without trailer`);
    t.ok(
      read.every((length) => bytes.subarray(0, length).toString().endsWith(';')),
      `${session}: statements whole`,
    );
  }
});

t.test('after all that no object has gained a property', async (t) => {
  for (const key of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty']) {
    decode(`$D = {'${key}' => {'${key}' => {'polluted' => 1}}};;$D`);
  }
  t.equal(({} as { polluted?: number }).polluted, undefined);
  t.equal((Object as { polluted?: number }).polluted, undefined);
});
