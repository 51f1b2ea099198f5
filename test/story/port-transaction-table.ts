/** What the client gets: a page of one of the sides, an error, an answer that is visibly cut; or nobody is there to get one. */
export type ClientGets = 'port' | 'legacy' | 'LEASE_LOST' | 'COMMIT_UNCERTAIN' | 'cut' | 'nobody';

/** What is in tables and session afterwards: all of it, once, and by whom; or nothing of it. */
export type Written = 'port' | 'legacy' | 'nothing' | 'port or nothing';

/** One cell of the table. */
export type Cell = readonly [client: ClientGets, written: Written];

/** What happens, as docs/what-happens-if.md has it. */
export const disasters = [
  'port host killed',
  'database killed',
  'connection to it killed',
  'turn lost',
  'client gone',
] as const;
/** What happens. */
export type Disaster = (typeof disasters)[number];

/** When it happens, as docs/what-happens-if.md has it. */
export const moments = [
  'before BEGIN',
  'in the handler',
  'during COMMIT',
  'after COMMIT, before the answer',
  'in the middle of the answer',
] as const;
/** When it happens. */
export type Moment = (typeof moments)[number];

/** What may be answered by legacy instead and what may not, for GET and POST alike: an old script writes at a GET, too. */
export const table: Readonly<Record<Moment, Readonly<Record<Disaster, Cell>>>> = {
  'before BEGIN': {
    'port host killed': ['legacy', 'legacy'],
    'database killed': ['LEASE_LOST', 'nothing'],
    'connection to it killed': ['port', 'port'],
    'turn lost': ['LEASE_LOST', 'nothing'],
    'client gone': ['nobody', 'port'],
  },
  'in the handler': {
    'port host killed': ['legacy', 'legacy'],
    'database killed': ['LEASE_LOST', 'nothing'],
    'connection to it killed': ['legacy', 'legacy'],
    'turn lost': ['LEASE_LOST', 'nothing'],
    'client gone': ['nobody', 'port'],
  },
  'during COMMIT': {
    'port host killed': ['COMMIT_UNCERTAIN', 'port or nothing'],
    'database killed': ['COMMIT_UNCERTAIN', 'port or nothing'],
    'connection to it killed': ['COMMIT_UNCERTAIN', 'port or nothing'],
    'turn lost': ['port', 'port'],
    'client gone': ['nobody', 'port'],
  },
  'after COMMIT, before the answer': {
    'port host killed': ['COMMIT_UNCERTAIN', 'port'],
    'database killed': ['port', 'port'],
    'connection to it killed': ['port', 'port'],
    'turn lost': ['port', 'port'],
    'client gone': ['nobody', 'port'],
  },
  'in the middle of the answer': {
    'port host killed': ['cut', 'port'],
    'database killed': ['port', 'port'],
    'connection to it killed': ['port', 'port'],
    'turn lost': ['port', 'port'],
    'client gone': ['nobody', 'port'],
  },
};

const clientInWords: Readonly<Record<ClientGets, string>> = {
  port: "the port's page",
  legacy: "legacy's page",
  LEASE_LOST: '503 `LEASE_LOST`',
  COMMIT_UNCERTAIN: '502 `COMMIT_UNCERTAIN`',
  cut: 'a page that is cut',
  nobody: 'nobody is told',
};

const writtenInWords: Readonly<Record<Written, string>> = {
  port: 'written once',
  legacy: 'written once, by legacy',
  nothing: 'nothing written',
  'port or nothing': 'written once or not at all',
};

/** The table as the docs have it, a line each. */
export function tableInWords(): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const words = ([client, written]: Cell): string => `${clientInWords[client]}; ${writtenInWords[written]}`;
  return [
    line(['', ...disasters]),
    line(['', ...disasters].map(() => '---')),
    ...moments.map((moment) =>
      line([`**${moment}**`, ...disasters.map((disaster) => words(table[moment][disaster]))]),
    ),
  ];
}
