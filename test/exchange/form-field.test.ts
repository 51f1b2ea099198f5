import t from 'tap';
import { findField } from '../../src/exchange/form-field.ts';
import { Intake } from '../../src/exchange/intake.ts';
import { requestParams } from '../../src/exchange/params.ts';
import { makeDice } from '../helpers/dice.ts';
import type { PerlRequest } from './cgi-pm.ts';
import { breedMultipart, breedText } from './form-breed.ts';

const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=x';
const field = (name: string, value: string) =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const post = (contentType: string | null, body = '', method = 'POST') => ({
  method,
  query: '',
  contentType,
  body,
});

/** The field as it is found in pieces of a size, and how many bytes of the body that took. */
function found(request: PerlRequest, name: string, size: number): { value: string | null; pushed: number } {
  const body = Buffer.from(request.body, 'latin1');
  const finder = findField(request, name);
  let pushed = 0;
  while (finder !== null && pushed < body.length) {
    const isDone = finder.push(body.subarray(pushed, pushed + size));
    pushed = Math.min(pushed + size, body.length);
    if (isDone) break;
  }
  return { value: finder?.end() ?? null, pushed };
}

/** What searching in a body costs: how many bytes are looked at, and how often. */
function costs(work: () => void): { looked: number; searches: number } {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on whoever it is put into
  const real = Intake.prototype.placeOf;
  const cost = { looked: 0, searches: 0 };
  Intake.prototype.placeOf = function (text, from) {
    const place = real.call(this, text, from);
    cost.looked += Math.min(place, this.end) - from;
    cost.searches++;
    return place;
  };
  try {
    work();
  } finally {
    Intake.prototype.placeOf = real;
  }
  return cost;
}

t.test('a field is found in a body that comes in pieces, as in the whole', async (t) => {
  const dice = makeDice(72);
  for (let i = 0; i < 600; i++) {
    const request = i % 2 === 0 ? breedText(dice) : breedMultipart(dice);
    const params = requestParams({ ...request, body: Buffer.from(request.body, 'latin1') });
    if (findField(request, 'sku') === null || params.names().length === 0) continue; // see the next two
    const size = dice.pick([1, 2, 7, 100, 5000]);
    const whole = params.get('sku')?.slice(0, 1024) ?? null;
    const { value } = found(request, 'sku', size);
    if (value !== whole) t.same(value, whole, JSON.stringify({ request, size }));
  }
});

t.test('a body that is no form is not searched', async (t) => {
  for (const type of ['text/plain', 'application/xml', '', 'multipart/mixed; boundary=x'])
    t.equal(findField(post(type), 'a'), null, type);
  for (const method of ['GET', 'DELETE', 'PROPFIND'])
    t.equal(findField(post(form, '', method), 'a'), null, method);
  t.equal(found(post(form, 'a=1', 'PUT'), 'a', 2).value, '1', 'that of a PUT may be one');
});

t.test('nobody reads on where it is found', async (t) => {
  const rest = 'y'.repeat(100_000);
  t.same(found(post(form, `a=1&b=${rest}`), 'a', 1000), { value: '1', pushed: 1000 });
  t.same(found(post(multipart, field('a', '1') + field('b', rest)), 'a', 5000), { value: '1', pushed: 5000 });
});

t.test('of a value that is too long its beginning is found, and no more is kept than that', async (t) => {
  const long = 'y'.repeat(1_000_000);
  for (const request of [
    post(form, `b=${long}&a=${long}`),
    post(multipart, `${field('b', long)}${field('a', long)}--x--`),
  ]) {
    let most = 0;
    // oxlint-disable-next-line typescript/unbound-method -- it is called on whoever it is put into
    const real = Intake.prototype.push;
    Intake.prototype.push = function (piece) {
      real.call(this, piece);
      most = Math.max(most, this.end - this.at);
    };
    const { value } = found(request, 'a', 10_000);
    Intake.prototype.push = real;
    t.equal(value, 'y'.repeat(1024));
    t.ok(most < 25_000, `${most} bytes at once`);
  }
  t.equal(
    found(post('multipart/form-data', `${long}\r\n${long}`), 'a', 10_000).value,
    null,
    'nor of a first line',
  );
});

t.test('every byte is looked at a few times, whatever the body', async (t) => {
  const sizeBytes = 1_000_000;
  const boundary = 'b'.repeat(4092);
  const times = (text: string) => text.repeat(sizeBytes / text.length);
  const hostile: Record<string, PerlRequest> = {
    separators: post(form, times('&')),
    pairs: post(form, times('a=1&b;')),
    names: post(form, Array.from({ length: sizeBytes / 10 }, (_, at) => `${at}=1`).join('&')),
    escapes: post(form, times('%')),
    keywords: post(form, times('+')),
    parts: post(multipart, times(field('a', '')) + '--x--'),
    boundaries: post(multipart, `${field('a', '')}--x\r\na: b\r\n\r\n${times('--x\r\na: b\r\n\r\n--')}`),
    'almost boundaries': post(multipart, field('a', times('\r\n--')) + '--x--'),
    'line breaks': post(multipart, field('a', times('\r\n\r\n')) + '--x--'),
    'no end': post(multipart, field('a', times('y'))),
    'a first line': post('multipart/form-data', `${times('y')}\r\na: b\r\n\r\n`),
    'a boundary of 4 kB': post(
      `multipart/form-data; boundary=${boundary}`,
      `${field('a', times('y'))}--x--`.replaceAll('--x', `--${boundary}`),
    ),
  };
  for (const [name, request] of Object.entries(hostile)) {
    const body = Buffer.from(request.body, 'latin1');
    const cost = costs(() => requestParams({ ...request, body }).names());
    const message = `${name}: ${cost.looked} bytes in ${cost.searches} searches of ${body.length}`;
    t.ok(cost.looked <= 3 * body.length && cost.searches <= 2 * body.length + 10, message);
  }
});

t.test('headers without an end in sight are read once', async (t) => {
  const names = [
    'a'.repeat(4000),
    'a:'.repeat(2000),
    '; name="'.repeat(500),
    '; filename="'.repeat(340),
    '\\"'.repeat(2000),
  ];
  for (const name of names) {
    const part = `--x\r\nContent-Disposition: x; name="${name}\r\n\r\n\r\n`;
    const body = Buffer.from(`${part.repeat(240)}--x--`);
    const { length } = requestParams({ ...post(multipart), body }).names();
    t.equal(length, name.includes('filename') ? 0 : 1, 'of a file name of 4 kB CGI.pm dies');
  }
  const types = ['multipart/related', 'boundary=x', 'start=', 'boundary="x";'].map((word) =>
    word.repeat(20_000),
  );
  for (const contentType of [
    types.join(''),
    types.toReversed().join(';'),
    `multipart/form-data${types.join(' ')}`,
  ])
    t.ok(requestParams({ ...post(contentType), body: Buffer.from('<x/>') }).names());
});

t.test('a body is read once, and not before somebody asks', async (t) => {
  const body = Buffer.from(Array.from({ length: 100_000 }, (_, at) => `n${at}=${at}`).join('&'));
  let params = requestParams({ ...post(form), body });
  t.equal(costs(() => (params = requestParams({ ...post(form), body }))).searches, 0);
  t.ok(costs(() => params.names()).searches > 100_000);
  const again = costs(() => {
    for (let at = 0; at < 100_000; at++) if (params.get(`n${at}`) !== String(at)) t.fail(`n${at}`);
  });
  t.equal(again.searches, 0);
});
