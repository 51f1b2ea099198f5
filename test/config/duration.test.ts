import t from 'tap';
import { parseAddress } from '../../src/config/address.ts';
import { parseDuration, printDuration } from '../../src/config/duration.ts';

t.test('every unit is read', async (t) => {
  const units = {
    '250ms': 250,
    '30s': 30_000,
    '5m': 300_000,
    '2h': 7_200_000,
    '1d': 86_400_000,
    '1.5s': 1500,
  };
  for (const [text, ms] of Object.entries(units)) t.equal(parseDuration(text, 'wait'), ms, text);
});

t.test('what is printed is read back', async (t) => {
  for (const ms of [1, 999, 1000, 60_000, 90_000, 86_400_000])
    t.equal(parseDuration(printDuration(ms), 'x'), ms);
  t.equal(printDuration(90_000), '90s');
});

t.test('what is no duration is refused', async (t) => {
  t.throws(() => parseDuration('30', 'wait'), { code: 'bad-duration', message: 'wait "30" has no unit' });
  t.throws(() => parseDuration('5 weeks', 'wait'), {
    message: 'cannot read wait "5 weeks": there is no unit "weeks"',
  });
  t.throws(() => parseDuration('0s', 'wait'), { message: 'wait "0s" is no time at all' });
  t.throws(() => parseDuration('100d', 'wait'), { message: 'wait "100d" is too long' });
  t.throws(() => parseDuration('toString', 'wait'), { code: 'bad-duration' });
});

t.test('an address is a host and a TCP port', async (t) => {
  t.same(parseAddress('localhost:80', 'listen'), { host: 'localhost', tcpPort: 80 });
  t.same(parseAddress('[::1]:0', 'listen'), { host: '::1', tcpPort: 0 });
  t.throws(() => parseAddress('8000', 'listen'), {
    code: 'bad-address',
    help: 'did you mean "127.0.0.1:8000"?',
  });
  t.throws(() => parseAddress('h:70000', 'listen'), {
    message: 'the TCP port 70000 of listen is over 65535',
  });
});
