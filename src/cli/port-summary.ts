import { styleText } from 'node:util';
import type { Survey } from '../survey/survey.ts';
import { placeWords, shown, shownValue } from '../survey/words.ts';
import { harmless } from './print.ts';
import type { PerlSite } from './port-site.ts';

/** Words on a line; the others are in the port. */
const most = 12;

/** What was found in a script, in a few lines. */
export function surveyText(site: PerlSite, survey: Survey): string {
  const { parameters, branches, session, tables, answers, effects, minds, doubts } = survey;
  const keys = (what: string, of: (key: (typeof session.keys)[number]) => boolean): string[] => {
    const names = session.keys.filter(of).map(({ name }) => shown(name));
    return names.length === 0 ? [] : [`${what} ${some(names)}`];
  };
  const chosen = Map.groupBy(branches, ({ parameter }) => parameter);
  const lines: [string, string][] = [
    ['parameters', some(parameters.map(({ name }) => shown(name)))],
    [
      'chooses by',
      [...chosen]
        .map(([name, list]) => `${shown(name)}: ${some(list.map((each) => shownValue(each.value)))}`)
        .join('; '),
    ],
    [
      'session',
      [
        ...keys('reads', ({ read }) => read.length > 0),
        ...keys(
          'changes',
          ({ written, removed, changedInPlace }) =>
            written.length + removed.length + changedInPlace.length > 0,
        ),
        ...new Set(
          session.deeds.flatMap(({ what }) =>
            what === 'renewed' ? ['renews its id'] : what === 'removed' ? ['removes it'] : [],
          ),
        ),
        ...(session.keys.length === 0 && session.opened.length > 0 ? ['opens it'] : []),
      ].join('; '),
    ],
    [
      'tables',
      [
        ...named(
          'reads',
          tables.filter(({ read }) => read.length > 0),
        ),
        ...named(
          'writes',
          tables.filter(({ written }) => written.length > 0),
        ),
      ].join('; '),
    ],
    ['answers', some([...new Set(answers.map(({ what, text }) => `${what} ${shown(text)}`))])],
    [
      'outside',
      some([
        ...new Set(effects.map(({ kind, place }) => `${kind} (${placeWords({ ...place, calledAt: [] })})`)),
      ]),
    ],
    ['to mind', some(minds.map(({ code }) => code))],
    [
      'unclear',
      some(doubts.map(({ what, place }) => `${shown(what)} (${placeWords({ ...place, calledAt: [] })})`)),
    ],
    ['not read', some(site.notRead.map(shown))],
  ];
  const read = [site.script, ...site.modules].map(
    ({ name, text }) => `${shown(name)} (${lineCount(text)} lines)`,
  );
  const title = styleText('bold', `${some(read)}`, { stream: process.stdout });
  const rows = lines
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `  ${name.padEnd(10)}  ${harmless(text)}\n`);
  return `${title}\n${rows.join('')}`;
}

function named(what: string, tables: Survey['tables']): string[] {
  return tables.length === 0 ? [] : [`${what} ${some(tables.map(({ name }) => shown(name)))}`];
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function some(words: readonly string[]): string {
  const more = words.length > most ? `, and ${words.length - most} more` : '';
  return words.slice(0, most).join(', ') + more;
}
