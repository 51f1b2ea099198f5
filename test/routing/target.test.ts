import t from 'tap';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { parseTarget, printTarget } from '../../src/routing/target.ts';

const mistake = (text: string): string => {
  const result = orMistake(() => parseTarget(text));
  return result instanceof Mistake ? `${result.message} [${result.code}] ${result.help}` : 'no mistake';
};

t.test('legacy and port are read', async (t) => {
  t.same(parseTarget('legacy'), { stage: 'legacy', portPercent: 0 });
  t.same(parseTarget('port'), { stage: 'port', portPercent: 100 });
});

t.test('a share is read, also a fraction, and the ends stay shares', async (t) => {
  t.same(parseTarget('port 25%'), { stage: 'split', portPercent: 25 });
  t.same(parseTarget(' port   0.5% '), { stage: 'split', portPercent: 0.5 });
  t.same(parseTarget('port 0%'), { stage: 'split', portPercent: 0 });
  t.same(parseTarget('port 100%'), { stage: 'split', portPercent: 100 });
});

t.test('what is printed can be read again', async (t) => {
  for (const text of ['legacy', 'port', 'port 25%', 'port 0.05%', 'port 0%', 'port 100%']) {
    t.equal(printTarget(parseTarget(text)), text);
  }
});

t.test('typing slips get a suggestion', async (t) => {
  t.equal(mistake('prot'), 'cannot read target "prot" [bad-target] did you mean "port"?');
  t.equal(mistake('port 25'), 'cannot read target "port 25" [bad-target] did you mean "port 25%"?');
  t.equal(mistake('port25%'), 'cannot read target "port25%" [bad-target] did you mean "port 25%"?');
  t.equal(mistake('50%'), 'cannot read target "50%" [bad-target] did you mean "port 50%"?');
  t.equal(mistake('Legacy'), 'cannot read target "Legacy" [bad-target] did you mean "legacy"?');
  t.match(mistake('upstream'), /a target is legacy, port, or port N%/);
});

t.test('shares outside 0 to 100, or too fine to be kept, are refused', async (t) => {
  t.equal(mistake('port 120%'), '120% is over 100% [bad-percent] a share is between 0% and 100%');
  t.equal(mistake('port -1%'), '-1% is below 0% [bad-percent] a share is between 0% and 100%');
  t.match(mistake('port 0.001%'), /0\.001% is finer than 0\.01% \[bad-percent\]/);
});

t.test('targets of the full grammar say that they come later', async (t) => {
  for (const text of ['shadow', 'shadow 20%', 'port 10%, shadow', 'port, shadow legacy 5%', 'retired']) {
    t.match(mistake(text), /is not in this version yet \[not-yet\]/, text);
  }
});
