import { readFileSync } from 'node:fs';
import t from 'tap';
import { type Dice, makeDice } from '../helpers/dice.ts';
import { watchRoutes } from '../helpers/reloads.ts';
import { diskWith, read } from '../helpers/settings.ts';

const head = 'base: /cgi-bin/\nlegacy: http://127.0.0.1:8080\ndefaults: { timeout: 30s }\nroutes:\n';
const names = ['help', 'view', 'cart', 'search', 'login', 'logout', 'checkout', 'report', 'admin', 'item'];
const texts = [
  `${head}${names.map((name) => `  ${name}.pl: legacy # ${name}\n`).join('')}  /**: legacy\n`,
  `${head}${names.map((name) => `  ${name}.pl:\n    to: legacy\n    timeout: 5m\n`).join('')}  /**: legacy\n`,
  `${head}${names.map((name) => `  POST ${name}.pl: legacy\r\n`).join('')}  /**: legacy\r\n`,
].map((text) => Buffer.from(text));

/** A way in which a file comes to harm. `next` is what somebody wants to write over it. */
type Harm = (dice: Dice, bytes: Buffer, next: Buffer) => Buffer;

const place = (dice: Dice, bytes: Buffer): [number, number] => {
  const from = 1 + dice.below(bytes.length - 2);
  return [from, from + 1 + dice.below(Math.min(64, bytes.length - from - 1))];
};
const garbage = (dice: Dice, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => dice.below(256)));

/** What a crash, a full disk or a torn write leaves: never to be taken, whatever it is. */
const fatal: Record<string, Harm> = {
  'a block of zeros': (dice, bytes) => {
    const harmed = Buffer.from(bytes);
    return harmed.fill(0, ...place(dice, bytes));
  },
  'cut off, and zeros to the old length': (dice, bytes) => {
    const harmed = Buffer.from(bytes);
    return harmed.fill(0, place(dice, bytes)[0]);
  },
  'cut off': (dice, bytes) => bytes.subarray(0, place(dice, bytes)[0]),
  'cut off, and garbage behind it': (dice, bytes) =>
    Buffer.concat([bytes.subarray(0, place(dice, bytes)[0]), garbage(dice, 64)]),
  'garbage in the middle': (dice, bytes) => {
    const harmed = Buffer.from(bytes);
    const [from, to] = place(dice, bytes);
    garbage(dice, Math.max(24, to - from)).copy(harmed, from);
    return harmed;
  },
  'torn line ends': (dice, bytes) => {
    const text = bytes.toString().replaceAll('\r\n', '\n');
    const at = text.indexOf('\n', dice.below(text.length - 1));
    return Buffer.from(`${text.slice(0, at)}${dice.pick(['\r', '\r\r\n', '\n\r'])}${text.slice(at + 1)}\n`);
  },
};

/** What may also leave a file that somebody could have written: then it means what it says. */
const doubtful: Record<string, Harm> = {
  'a flipped bit': (dice, bytes) => {
    const harmed = Buffer.from(bytes);
    const at = dice.below(bytes.length);
    harmed.writeUInt8(harmed.readUInt8(at) ^ (1 << dice.below(8)), at);
    return harmed;
  },
  'lines twice': (dice, bytes) => {
    const lines = bytes.toString().split(/(?<=\n)/);
    const from = dice.below(lines.length);
    const some = lines.slice(from, from + 1 + dice.below(4));
    return Buffer.from([...lines.slice(0, from), ...some, ...lines.slice(from)].join(''));
  },
  'two writers, block by block': (dice, bytes, next) => {
    const size = dice.pick([16, 64, 128]);
    const blocks: Buffer[] = [];
    for (let at = 0; at < Math.max(bytes.length, next.length); at += size)
      blocks.push(dice.pick([bytes, next]).subarray(at, at + size));
    return Buffer.concat(blocks);
  },
  'a shorter text over a longer one': (_, bytes, next) => {
    const [shorter, longer] = bytes.length < next.length ? [bytes, next] : [next, bytes];
    return Buffer.concat([shorter, longer.subarray(shorter.length)]);
  },
};

const kinds = Object.entries({ ...fatal, ...doubtful });

t.test(
  '200 damaged files: each is refused, or one that the check calls valid and that is taken as it stands',
  async (t) => {
    const dice = makeDice(21);
    for (const [kind, harm] of kinds) {
      const count = { refused: 0, taken: 0 };
      while (count.refused + count.taken < 20) {
        const bytes = dice.pick(texts);
        const next = Buffer.from(edited(dice, bytes.toString()));
        const harmed = harm(dice, bytes, next);
        if (harmed.equals(bytes) || harmed.equals(next)) continue; // nothing came of it
        const routes = watchRoutes(t, bytes.toString());
        const running = routes.reloads.current();
        await routes.write(harmed);
        await routes.settle();
        const now = routes.reloads.current();
        if (now === running) {
          count.refused++;
          t.ok(routes.reloads.refused() !== null || isUndecoded(harmed), 'it is said why');
          continue;
        }
        count.taken++;
        t.notOk(kind in fatal, `${kind}: ${JSON.stringify(harmed.toString())}`);
        t.same(readFileSync(routes.file), harmed);
        const checked = read(harmed.toString(), { mustBeComplete: true, disk: diskWith() });
        t.same(now.table.routes, checked.settings?.table.routes, `${kind}: as it stands`);
      }
      t.comment(`${kind}: ${count.refused} refused, ${count.taken} valid`);
    }
  },
);

/** The text with one honest change. */
function edited(dice: Dice, text: string): string {
  const name = dice.pick(names);
  return dice.pick([
    text.replace(`${name}.pl`, `${name}-new.pl`),
    text.replace('30s', '1m'),
    text.replace('  /**', '  extra.pl: legacy\n  /**'),
    text.replace(/ # .*$/gm, ''),
  ]);
}

/** Refused before it was a text. */
function isUndecoded(bytes: Buffer): boolean {
  return !Buffer.from(bytes.toString()).equals(bytes);
}
