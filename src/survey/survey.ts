import { type AnswerFact, answersIn, type CookieRead } from './answers.ts';
import { comparisonsIn } from './comparisons.ts';
import { type Branch, branchesIn } from './dispatch.ts';
import { type Effect, effectsIn } from './effects.ts';
import { type Doubt, lookAt } from './look.ts';
import { type Mind, mindsIn } from './minds.ts';
import { type Parameter, parametersIn } from './parameters.ts';
import { type RequestFact, requestsIn } from './requests.ts';
import { type SessionUses, sessionUsesIn } from './session.ts';
import { makeSite } from './site.ts';
import { type Statement, statementsIn, type Table, tablesOf } from './statements.ts';
import { unclearIn } from './unclear.ts';
import { type PerlFile, type PerlSource, readFile } from './unit.ts';
import { findValues } from './values.ts';

/** What the text of a script says about what it takes, uses and does. */
export interface Survey {
  readonly parameters: readonly Parameter[];
  readonly branches: readonly Branch[];
  readonly session: SessionUses;
  readonly statements: readonly Statement[];
  readonly tables: readonly Table[];
  readonly answers: readonly AnswerFact[];
  readonly cookies: readonly CookieRead[];
  readonly requests: readonly RequestFact[];
  readonly effects: readonly Effect[];
  readonly minds: readonly Mind[];
  /** What could not be told. */
  readonly doubts: readonly Doubt[];
}

/**
 * Reads what a script does out of its text and that of its site's modules, and runs none of it. Of the modules counts
 * what the script calls. A text says less than a run: what is computed is named among the doubts.
 */
export function survey(script: PerlSource, modules: readonly PerlSource[]): Survey {
  const files = [script, ...modules].map(readFile);
  const [first, ...others] = files as [PerlFile, ...PerlFile[]];
  const site = makeSite(first, others);
  const look = lookAt(site, findValues(site));
  const doubts: Doubt[] = files.flatMap(({ source, lostAt }) =>
    lostAt === null
      ? []
      : [
          {
            what: 'what begins here, and perhaps what follows',
            place: { file: source.name, line: lostAt, sub: null, calledAt: [] },
          },
        ],
  );
  const comparisons = comparisonsIn(look);
  const statements = statementsIn(look);
  const parameters = parametersIn(look, comparisons, doubts);
  doubts.push(...unclearIn(look, parameters.length > 0));
  return {
    parameters,
    branches: branchesIn(look, comparisons, doubts),
    session: sessionUsesIn(look, doubts),
    statements,
    tables: tablesOf(statements),
    ...answersIn(look),
    requests: requestsIn(look),
    effects: effectsIn(look),
    minds: mindsIn(look, statements),
    doubts,
  };
}
