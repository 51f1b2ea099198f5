import t from 'tap';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { parseTarget, printTarget } from '../../src/routing/target.ts';

const mistake = (text: string): string => {
  const result = orMistake(() => parseTarget(text));
  return result instanceof Mistake ? `${result.message} [${result.code}] ${result.help}` : 'no mistake';
};

const alone = { portPercent: 0, shadow: null };

t.test('legacy, port and retired are read', async (t) => {
  t.same(parseTarget('legacy'), { stage: 'legacy', ...alone });
  t.same(parseTarget('retired'), { stage: 'retired', ...alone });
  t.same(parseTarget('port'), { stage: 'port', portPercent: 100, shadow: null });
});

t.test('a share is read, also a fraction, and the ends stay shares', async (t) => {
  t.same(parseTarget('port 25%'), { stage: 'split', portPercent: 25, shadow: null });
  t.same(parseTarget(' port   0.5% '), { stage: 'split', portPercent: 0.5, shadow: null });
  t.same(parseTarget('port 0%'), { stage: 'split', portPercent: 0, shadow: null });
  t.same(parseTarget('port 100%'), { stage: 'split', portPercent: 100, shadow: null });
});

t.test('a shadow is read: of the port, beside a share of it, and of legacy', async (t) => {
  const port = (samplePercent: number) => ({ shadow: { side: 'port', samplePercent } });
  t.match(parseTarget('shadow'), { stage: 'shadow', portPercent: 0, ...port(100) });
  t.match(parseTarget('shadow 20%'), { stage: 'shadow', ...port(20) });
  t.match(parseTarget('port 10%, shadow'), { stage: 'split', portPercent: 10, ...port(100) });
  t.match(parseTarget('port 10% ,shadow 0.5%'), { stage: 'split', ...port(0.5) });
  t.match(parseTarget('port, shadow legacy 5%'), {
    stage: 'port',
    shadow: { side: 'legacy', samplePercent: 5 },
  });
});

t.test('what is printed can be read again', async (t) => {
  for (const text of [
    'legacy',
    'port',
    'port 25%',
    'port 0.05%',
    'port 0%',
    'port 100%',
    'shadow',
    'shadow 20%',
    'port 10%, shadow',
    'port 10%, shadow 3%',
    'port, shadow legacy',
    'port, shadow legacy 5%',
    'retired',
  ]) {
    t.equal(printTarget(parseTarget(text)), text);
  }
});

t.test('typing slips get a suggestion', async (t) => {
  t.equal(mistake('prot'), 'cannot read target "prot" [bad-target] did you mean "port"?');
  t.equal(mistake('port 25'), 'cannot read target "port 25" [bad-target] did you mean "port 25%"?');
  t.equal(mistake('port25%'), 'cannot read target "port25%" [bad-target] did you mean "port 25%"?');
  t.equal(mistake('50%'), 'cannot read target "50%" [bad-target] did you mean "port 50%"?');
  t.equal(mistake('Legacy'), 'cannot read target "Legacy" [bad-target] did you mean "legacy"?');
  t.match(mistake('upstream'), /a target is legacy, shadow, port, retired, or port N%/);
});

t.test('shares outside 0 to 100, or too fine to be kept, are refused', async (t) => {
  t.equal(mistake('port 120%'), '120% is over 100% [bad-percent] a share is between 0% and 100%');
  t.equal(mistake('port -1%'), '-1% is below 0% [bad-percent] a share is between 0% and 100%');
  t.match(mistake('port 0.001%'), /0\.001% is finer than 0\.01% \[bad-percent\]/);
});

t.test('shadows that mean nothing say what was meant', async (t) => {
  t.match(mistake('port, shadow'), /"port, shadow legacy"/);
  t.match(mistake('port 10%, shadow legacy'), /write "shadow" alone/);
  t.match(mistake('shadow 200%'), /over 100%/);
  t.match(mistake('shadow 20'), /did you mean "shadow 20%"\?/);
});
