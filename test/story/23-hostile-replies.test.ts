import t from 'tap';
import { makeDice } from '../helpers/dice.ts';
import { useGatewayHere } from '../helpers/gateway-here.ts';
import { ask, type Came, RawClient } from '../helpers/raw-client.ts';
import { ScriptedUpstream, type Step } from '../helpers/scripted-upstream.ts';
import { hostileReplies } from './replies-torn.ts';
import type { Reply } from './replies.ts';

const corpus = hostileReplies(makeDice(20031123));

/** How many are tried at once: each waits for sockets most of the time. */
const atOnce = 8;

/** What is wrong with what came for a reply; null where nothing is. */
function complaint({ due, told = [], untold = [] }: Reply, came: Came): string | null {
  const got = came.kind === 'whole' ? `${came.status} ${JSON.stringify(came.message.body)}` : came.kind;
  const isRefusal = came.kind === 'whole' && came.status === 502;
  if (came.kind === 'closed') return 'no answer';
  if (came.kind === 'whole' && came.message.framing === 'close') return 'an answer without an end of its own';
  const head = came.kind === 'whole' ? `${came.message.bytes.split('\r\n\r\n')[0] ?? ''}\r\n` : '';
  for (const line of told) if (!head.includes(`\r\n${line}\r\n`)) return `not told ${line}: ${head}`;
  for (const line of untold) if (head.includes(`\r\n${line}\r\n`)) return `told ${line}`;
  if (due === 'any') return null;
  if (due === 'refused') return isRefusal ? null : `not refused: ${got}`;
  if (due === 'cut') return isRefusal || came.kind === 'cut' ? null : `it does not look cut: ${got}`;
  const passes = came.kind === 'whole' && came.status === due.status && came.message.body === due.body;
  return passes ? null : `not as it was said: ${got}`;
}

t.test(`${corpus.length} hostile replies of legacy`, async (t) => {
  t.ok(corpus.length >= 2000);
  let faults: string[] = [];
  const thrown = (error: unknown): void => void faults.push(`uncaught: ${String(error)}`);
  process.on('uncaughtException', thrown).on('unhandledRejection', thrown);
  t.teardown(() => process.off('uncaughtException', thrown).off('unhandledRejection', thrown));

  const legacy = new ScriptedUpstream(({ target }): readonly Step[] => {
    const number = /^\/\w+\/reply\/(\d+)$/.exec(target)?.[1];
    if (number !== undefined) return corpus[Number(number)]?.steps ?? [];
    return [{ send: `HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}` }];
  });
  const gateway = await useGatewayHere(
    t,
    await legacy.listen(t),
    '  /pass/**: { to: legacy, session: none }\n  /**: legacy',
  );

  /** Sends one request, and another one behind it on the same connection where that stays open. */
  const tryReply = async (lane: string, number: number, reply: Reply, cookie: string): Promise<void> => {
    const fail = (why: string): void => void faults.push(`${lane} lane, ${number}: ${reply.what}: ${why}`);
    const say = (method: string, target: string): string =>
      `${method} ${target} HTTP/1.1\r\nHost: shop.test\r\n${cookie}\r\n`;
    try {
      const client = await RawClient.to(gateway.url);
      await client.write(say(reply.method, `/${lane}/reply/${number}`));
      const came = await client.answer(reply.method);
      const wrong = complaint(reply, came);
      if (wrong !== null) fail(wrong);
      const isLast =
        came.kind !== 'whole' || /^connection: close$/im.test(came.message.bytes.split('\r\n\r\n')[0] ?? '');
      if (!isLast) {
        const next = `/${lane}/same/${number}`;
        await client.write(say('GET', next));
        const answer = await client.answer();
        if (answer.kind !== 'whole' || answer.message.body !== next)
          fail(`then, there: ${JSON.stringify(answer)}`);
      }
      if (client.unread !== '' && came.kind === 'whole') fail(`more than one answer: ${client.unread}`);
      client.close();
      const fresh = `/${lane}/fresh/${number}`;
      const answer = await ask(gateway.url, say('GET', fresh));
      if (answer.kind !== 'whole' || answer.message.body !== fresh)
        fail(`then, anew: ${JSON.stringify(answer)}`);
      const asked = legacy.of(`/${lane}/reply/${number}`).length;
      if (asked !== 1) fail(`legacy was asked ${asked} times`);
    } catch (error) {
      fail(String(error));
    }
  };

  for (const lane of ['pass', 'story']) {
    faults = [];
    const left = corpus.entries();
    const worker = async (_: unknown, n: number): Promise<void> => {
      for (const [number, reply] of left)
        await tryReply(lane, number, reply, `Cookie: CGISESSID=visitor${n}\r\n`);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    t.same(faults, [], `each has one proper answer, and the next request its own: ${lane} lane`);
    t.same(legacy.violations.splice(0), [], 'and legacy is asked for nothing else');
  }
  const lanes = new Map<string, string>(gateway.records.map(({ id, path, lane }) => [path + id, lane]));
  t.ok(
    [...lanes].every(([path, lane]) => path.startsWith(`/${lane}/`)),
    'each went the way that was meant',
  );
  t.equal(
    gateway.records.filter(({ path }) => path.includes('/reply/')).length,
    2 * corpus.length,
    'each is recorded once',
  );
});
