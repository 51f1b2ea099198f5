import { isMap } from 'yaml';
import { Mistake } from '../routing/mistake.ts';
import { didYouMean } from '../routing/nearest.ts';
import { parsePercent } from '../routing/percent.ts';
import type { Comparison } from '../routing/plan.ts';
import type { Desk } from './desk.ts';
import { parseDuration } from './duration.ts';
import { isWord, oneOf, readAs, type Section, subsectionOf, valueOf, valuesOf } from './fields.ts';

const unsaid: Comparison = {
  samplePercent: 100,
  effects: 'rollback',
  timeoutMs: null,
  headers: [],
  body: 'bytes',
  ignore: [],
  normalise: [],
  ignoreSessionKeys: [],
};

/** Reads the `shadow:` map of a route or of `defaults`; what it leaves out is as in `base`. Null where nobody says anything. */
export function readComparison(
  desk: Desk,
  section: Section,
  where: string,
  base: Comparison | null,
): Comparison | null {
  const shadow = subsectionOf(desk, section, 'shadow', 'shadow', ` in the shadow${where}`);
  if (shadow === null) return base;
  const or = base ?? unsaid;
  const read = <T>(key: string, parse: (text: string) => T): T | null =>
    shadow.fields.has(key) ? readAs(desk, valueOf(desk, shadow, key), key, parse) : null;
  const compare = subsectionOf(desk, shadow, 'compare', 'compare', ` in what is compared${where}`);
  return {
    samplePercent: read('sample', parsePercent) ?? or.samplePercent,
    effects: read('effects', parseEffects) ?? or.effects,
    timeoutMs: read('timeout', (text) => parseDuration(text, 'timeout')) ?? or.timeoutMs,
    ...(compare === null ? pickCompared(or) : readCompared(desk, compare, where, or)),
  };
}

type Compared = Pick<Comparison, 'headers' | 'body' | 'ignore' | 'normalise' | 'ignoreSessionKeys'>;

function pickCompared({ headers, body, ignore, normalise, ignoreSessionKeys }: Comparison): Compared {
  return { headers, body, ignore, normalise, ignoreSessionKeys };
}

function readCompared(desk: Desk, compare: Section, where: string, or: Comparison): Compared {
  const list = (key: string, parse: (text: string) => string): readonly string[] | null =>
    compare.fields.has(key)
      ? valuesOf(desk, compare, key).flatMap((value) => readAs(desk, value, key, parse) ?? [])
      : null;
  const body = compare.fields.has('body')
    ? readAs(desk, valueOf(desk, compare, 'body'), 'body', parseBody)
    : null;
  return {
    headers: list('headers', parseHeader) ?? or.headers,
    body: body ?? or.body,
    ignore: list('ignore', parseRule) ?? or.ignore,
    normalise: list('normalise', parseReplacement) ?? or.normalise,
    ignoreSessionKeys: readIgnoredKeys(desk, compare, where) ?? or.ignoreSessionKeys,
  };
}

function readIgnoredKeys(desk: Desk, compare: Section, where: string): readonly string[] | null {
  if (!compare.fields.has('session')) return null;
  if (isWord(compare, 'session', 'exact')) return [];
  const node = compare.fields.get('session')?.value ?? null;
  if (node !== null && !isMap(node)) {
    readAs(desk, valueOf(desk, compare, 'session'), 'session', (text) =>
      oneOf(text, ['exact'], 'bad-compare', `cannot read session "${text}"`),
    );
    return null;
  }
  const session = subsectionOf(
    desk,
    compare,
    'session',
    'compared session',
    ` in the compared session${where}`,
  );
  return session === null ? null : valuesOf(desk, session, 'ignore').map(({ text }) => text);
}

function parseEffects(text: string): Comparison['effects'] {
  const message = `effects "${text}" is not rollback or twice`;
  if (text === 'refused' || text === 'accepted') {
    const help = `that is about the port that serves: write "effects: ${text}" beside "shadow"`;
    throw new Mistake('bad-effects', message, help);
  }
  return oneOf(text, ['rollback', 'twice'], 'bad-effects', message);
}

function parseBody(text: string): Comparison['body'] {
  return oneOf(
    text,
    ['bytes', 'text', 'html', 'json'],
    'bad-compare',
    `body "${text}" is not bytes, text, html or json`,
  );
}

function parseHeader(text: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)) return text.toLowerCase();
  throw new Mistake(
    'bad-header',
    `"${text}" cannot be the name of a header field`,
    'write names such as content-type',
  );
}

const ruleKinds = ['css', 'json', 'line', 'header', 'attr', 'order'];

/** Reads one rule of what may differ; see docs/routes.md. Throws a Mistake [bad-rule] or [bad-regexp]. */
function parseRule(text: string): string {
  const [, kind = '', argument = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  if (!ruleKinds.includes(kind)) {
    throw new Mistake(
      'bad-rule',
      `cannot read the rule "${text}"`,
      didYouMean(kind, ruleKinds) ?? `a rule begins with ${ruleKinds.join(', ')}`,
    );
  }
  if (argument === '') throw new Mistake('bad-rule', `the rule "${text}" does not say what`, examples[kind]);
  if (kind === 'json' && !argument.startsWith('$'))
    throw new Mistake('bad-rule', `the rule "${text}" is no path`, examples[kind]);
  if (kind === 'header') parseHeader(argument);
  if (kind === 'line') compilePattern(text, argument);
  return text;
}

const examples: Readonly<Record<string, string>> = {
  css: "write a selector, such as 'css .generated-at'",
  json: "write a path, such as 'json $.generated'",
  line: "write a pattern between slashes, such as 'line /Served in \\d+ms/'",
  header: "write a name, such as 'header date'",
  attr: "write a name, such as 'attr nonce'",
  order: "write a selector or path, such as 'order ul.tags' or 'order $.tags'",
};

function compilePattern(rule: string, argument: string): void {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(argument) ?? [];
  if (source === undefined) {
    throw new Mistake(
      'bad-regexp',
      `the pattern of "${rule}" does not stand between slashes`,
      examples['line'],
    );
  }
  tryPattern(rule, source, flags ?? '');
}

function parseReplacement(text: string): string {
  const [, source, flags] = /^s\/((?:[^/\\]|\\.)+)\/(?:[^/\\]|\\.)*\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined)
    throw new Mistake('bad-regexp', `cannot read the replacement "${text}"`, "write 's/pattern/text/g'");
  tryPattern(text, source, flags ?? '');
  return text;
}

function tryPattern(rule: string, source: string, flags: string): void {
  const reason = reasonAgainst(source, flags);
  if (reason === null) return;
  const help = 'in YAML, put patterns in single quotes so that backslashes stay as they are';
  throw new Mistake('bad-regexp', `"${rule}" is not a valid pattern: ${reason}`, help);
}

/** What JavaScript says against a pattern, without the pattern itself; null where it compiles. */
function reasonAgainst(source: string, flags: string): string | null {
  try {
    new RegExp(source, flags);
    return null;
  } catch (error) {
    const { message } = error as Error;
    const colon = message.lastIndexOf(': ');
    return colon === -1 ? message : message.slice(colon + 2);
  }
}
