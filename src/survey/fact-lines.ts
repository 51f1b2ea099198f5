import { minds } from './minds.ts';
import type { Survey } from './survey.ts';
import { placesWords, placeWords, shown, shownValue } from './words.ts';

/** Facts under one heading, a line each. */
export interface FactLines {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** What a port has to do besides reading and answering, in lines that say where each fact stands. */
export function factLines(survey: Survey): FactLines[] {
  return [
    { heading: 'What its parameters choose', lines: branchLines(survey) },
    { heading: 'What it does to the session', lines: sessionLines(survey) },
    { heading: 'What else of the request it looks at', lines: requestLines(survey) },
    { heading: 'What it answers besides its page', lines: answerLines(survey) },
    {
      heading: 'Files, programs, mail: no rollback undoes what is done there, so it belongs into afterCommit',
      lines: effectLines(survey),
    },
    { heading: 'What to mind (docs/porting-notes.md)', lines: mindLines(survey) },
    { heading: 'What the text does not tell', lines: doubtLines(survey) },
  ].filter(({ lines }) => lines.length > 0);
}

function branchLines({ branches }: Survey): string[] {
  return branches.map(({ parameter, value, subs, places }) => {
    const does = subs.length === 0 ? '' : `: ${subs.join(', ')}`;
    return `${shown(parameter)}=${shownValue(value)}${does}, ${placesWords(places)}`;
  });
}

function sessionLines({ session: { keys, deeds } }: Survey): string[] {
  const changes = keys.flatMap(({ name, written, removed, changedInPlace }) => {
    const key = `'${shown(name)}'`;
    return [
      ...(written.length === 0 ? [] : [`session.set(${key}, …), ${placesWords(written)}`]),
      ...(removed.length === 0 ? [] : [`session.delete(${key}), ${placesWords(removed)}`]),
      ...(changedInPlace.length === 0
        ? []
        : [`what is under ${key} is changed in place, ${placesWords(changedInPlace)}`]),
    ];
  });
  const done = deeds.map(({ what, text, place }) => {
    const where = placeWords(place);
    switch (what) {
      case 'expires':
        return `session.expire(${secondsOf(text) ?? shown(text)}), ${where}`;
      case 'renewed':
        return `session.renew(): a new id, ${where}`;
      case 'removed':
        return `session.remove(), ${where}`;
      case 'cleared':
        return `all keys are removed: session.keys().forEach(session.delete), ${where}`;
      case 'all':
        return `all keys are gone through: session.keys(), ${where}`;
      case 'cookie':
        return `the answer tells the visitor its id: { cookies: [session.cookie()] }, ${where}`;
    }
  });
  return [...changes, ...done];
}

const seconds: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};

/** `'+1d'` in seconds; null for what is not so written. */
function secondsOf(perl: string): number | null {
  const [, count, unit = ''] = /^['"]?\+?(\d{1,9})([smhdwMy]?)['"]?$/.exec(perl) ?? [];
  const factor = Object.hasOwn(seconds, unit) ? seconds[unit] : undefined;
  return count === undefined || factor === undefined ? null : Number(count) * factor;
}

function requestLines({ requests, cookies }: Survey): string[] {
  const looked = requests.map(({ name, inPort, places }) => {
    return `${shown(name)}: ${inPort ?? 'a port is not told'}, ${placesWords(places)}`;
  });
  const read = cookies.map(({ name, place }) => {
    return `${name === null ? 'cookies' : `cookie('${shown(name)}')`}, ${placeWords(place)}`;
  });
  return [...looked, ...read];
}

function answerLines({ answers }: Survey): string[] {
  return answers.map(({ what, text, place }) => `${what} ${shown(text)}, ${placeWords(place)}`);
}

function effectLines({ effects }: Survey): string[] {
  return effects.map(({ kind, what, place }) => `${kind}: ${shown(what)}, ${placeWords(place)}`);
}

function mindLines({ minds: found }: Survey): string[] {
  return found.map(({ code, places }) => `${minds[code]}, ${placesWords(places)}`);
}

function doubtLines({ doubts }: Survey): string[] {
  return doubts.map(({ what, place }) => `${shown(what)}, ${placeWords(place)}`);
}
