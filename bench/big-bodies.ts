import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

const piece = Buffer.alloc(65_536, 'banyan ');
/** How long a reader does nothing after the first bytes: who does not hold upstream back now, has to keep it all. */
const stallMs = 1000;

/** Sends so many bytes as fast as they are taken, and gives back how many of them upstream says it got. */
export async function sendUp(url: string, bytes: number, headers: Record<string, string>): Promise<number> {
  const post = request(url, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'Content-Type': 'application/octet-stream', 'Content-Length': bytes },
  });
  const answered = once(post, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined); // it is awaited below
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!post.write(left < piece.length ? piece.subarray(0, left) : piece))
      await Promise.race([once(post, 'drain'), answered]);
    if (post.destroyed) break;
  }
  post.end();
  const [answer] = await answered;
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  if (answer.statusCode !== 200) throw new Error(`an upload is answered ${answer.statusCode}: ${text}`);
  return Number(text);
}

/** Reads an answer, with a stall at its beginning, and gives back how many bytes it had. */
export async function takeDown(url: string, headers: Record<string, string>): Promise<number> {
  const get = request(url, { agent: false, headers }).end();
  const [answer] = (await once(get, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`a download is answered ${answer.statusCode}`);
  let bytes = 0;
  for await (const chunk of answer) {
    if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, stallMs));
    bytes += (chunk as Buffer).length;
  }
  return bytes;
}
