import { execFileSync } from 'node:child_process';
import t from 'tap';
import { codecCalled, codecNamed, formatNames } from '../../src/perl/formats.ts';
import { moduleCalled } from '../../src/perl/modules.ts';
import { joinRows, splitRows, type KeyRow } from '../../src/perl/rows.ts';
import type { SessionData, SessionValue } from '../../src/session/session.ts';

const codec = codecCalled('rows');
const blob = (...rows: [key: string, isSerialized: boolean, value: string | null][]): Buffer =>
  joinRows({ id: 'Abc', rows: rows.map(([key, isSerialized, value]) => ({ key, isSerialized, value })) });

/** What Perl freezes of an expression, in Base64. */
function frozen(expression: string, how: 'freeze' | 'nfreeze' = 'nfreeze'): string {
  const program = `use Storable; use MIME::Base64; print encode_base64(Storable::${how}(${expression}))`;
  return execFileSync('perl', ['-e', program], { encoding: 'latin1' });
}

/** What Perl thaws, as JSON. */
function thawed({ value }: KeyRow): unknown {
  const program =
    'use Storable; use MIME::Base64; use JSON::PP; print JSON::PP->new->canonical->encode(Storable::thaw(decode_base64($ARGV[0])))';
  return JSON.parse(execFileSync('perl', ['-e', program, value ?? ''], { encoding: 'utf8' }));
}

function changed(bytes: Buffer, change: (data: SessionData) => void): KeyRow[] {
  const data = codec.decode(bytes);
  change(data);
  return [...splitRows(codec.encode(data, bytes)).rows];
}

t.test('rows are no serializer that a user can name', async (t) => {
  t.notOk(formatNames.includes('rows'));
  t.equal(codecNamed('rows'), null);
});

t.test('a session of rows is of the id that its rows have', async (t) => {
  const module = moduleCalled('rows');
  t.equal(module.idOf(codec.decode(blob(['a', false, 'x']))), 'Abc');
  t.equal(module.idOf({ a: 'x' }), null);
  t.notOk(module.isHidden('id'));
});

t.test('what is the same stays byte for byte, however it was written', async (t) => {
  const folded = frozen('{ a => [1, 2], b => "x" x 200 }').replaceAll('\n', '\r\n ');
  const bytes = blob(['plain', false, 'Bj\u00f6rk \u263a'], ['frozen', true, folded], ['none', false, null]);
  t.same(codec.encode(codec.decode(bytes), bytes), bytes);
  const [, row] = changed(bytes, (data) => {
    data['frozen'] = { a: [1, 2], b: 'x'.repeat(200) };
    data['plain'] = 'other';
  });
  t.equal(row?.value, folded, 'also where a port has put the same there again');
});

t.test('a frozen value is changed along what it was', async (t) => {
  for (const how of ['nfreeze', 'freeze'] as const) {
    const bytes = blob(['list', true, frozen('[1, { deep => "\\xe9" }, undef]', how)]);
    const rows = changed(bytes, (data) => {
      ((data['list'] as SessionValue[])[1] as SessionData)['more'] = '\u263a';
    });
    t.same(thawed(rows[0] as KeyRow), [1, { deep: '\u00e9', more: '\u263a' }, null], how);
    t.equal(Buffer.from(rows[0]?.value ?? '', 'base64')[0], how === 'freeze' ? 4 : 5, 'in its own order');
  }
});

t.test('a new value is text, or frozen', async (t) => {
  const rows = changed(blob(['a', true, frozen('[1]')]), (data) => {
    Object.assign(data, { a: 'now text', n: 7, half: 0.5, none: null, hash: { x: [] } });
  });
  t.same(rows.slice(0, 4), [
    { key: 'a', isSerialized: false, value: 'now text' },
    { key: 'n', isSerialized: false, value: '7' },
    { key: 'half', isSerialized: false, value: '0.5' },
    { key: 'none', isSerialized: false, value: null },
  ]);
  t.same(thawed(rows[4] as KeyRow), { x: [] });
});

t.test('what refers to itself is carried, replaced, and never taken apart', async (t) => {
  const knot = frozen('do { my $l = [1]; push @$l, $l; $l }');
  const bytes = blob(['knot', true, knot], ['other', true, frozen('do { my $x = [2]; [$x, $x] }')]);
  t.match(codec.decode(bytes), { knot: { opaque: true }, other: { opaque: true } });
  t.same(changed(bytes, (data) => delete data['other'])[0]?.value, knot);
  t.same(thawed(changed(bytes, (data) => (data['knot'] = [3]))[0] as KeyRow), [3]);
  t.throws(() => changed(bytes, (data) => (data['knot'] = data['other'] ?? null)), {
    code: 'SESSION_UNWRITABLE',
  });
});

t.test('what Perl would not read back is refused', async (t) => {
  for (const value of [Number.NaN, Infinity, '\ud800', true, undefined, { a: new Date() }, () => 1]) {
    const write = () => changed(blob(), (data) => (data['key'] = value as SessionValue));
    t.throws(write, { code: 'SESSION_UNWRITABLE', message: /key "key"/ });
  }
  t.throws(() => codec.encode({ a: 'x' }, null), { code: 'SESSION_UNWRITABLE' });
});

t.test('hostile bytes are unreadable, and nothing else', async (t) => {
  const hostile = [
    '',
    'x',
    '{}',
    '1',
    '"id"\n',
    '"id"\n["a"]',
    '"id"\n["a",1,"b"]',
    '"id"\n["a",true,{}]',
    '\xff"',
  ];
  for (const text of hostile) {
    t.throws(() => codec.decode(Buffer.from(text, 'latin1')), { code: 'SESSION_UNREADABLE' }, text);
  }
  for (const value of [null, '', '====', 'BQ', 'BQsD', 'BQsZ/////w==', frozen('[1]').slice(0, 6)]) {
    const bytes = blob(['key', true, value]);
    t.throws(() => codec.decode(bytes), { code: 'SESSION_UNREADABLE', message: /key "key"/ }, String(value));
  }
  const odd = codec.decode(blob(['__proto__', false, 'x'], ['constructor', false, 'y']));
  t.same(Object.entries(odd), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});
