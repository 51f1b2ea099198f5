import { connect } from 'node:net';

/** What a server answered to one request target. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends bytes as they are, shuts the sending side, and collects what comes until the server closes. */
export function sendRaw(tcpPort: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: tcpPort, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => (text += more));
    socket.on('end', () => socket.end()).on('close', () => resolve(text));
    // Who is refused in the middle of a sentence may meet a reset after the answer.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)));
    socket.end(bytes, 'latin1');
  });
}

/** Sends GET requests with these targets, byte for byte (one character each), over a few connections. */
export async function getRaw(tcpPort: number, targets: readonly string[]): Promise<RawAnswer[]> {
  const connections = 8;
  const share = Math.ceil(targets.length / connections);
  const shares = Array.from({ length: connections }, (_, at) => targets.slice(at * share, (at + 1) * share));
  return (await Promise.all(shares.map((each) => getInTurn(tcpPort, each)))).flat();
}

/** One after the other; a connection is kept while the server keeps it. */
async function getInTurn(tcpPort: number, targets: readonly string[]): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  while (answers.length < targets.length) {
    const before = answers.length;
    await oneConnection(tcpPort, targets, answers);
    if (answers.length === before) throw new Error(`no answer to ${JSON.stringify(targets[before])}`);
  }
  return answers;
}

function oneConnection(tcpPort: number, targets: readonly string[], answers: RawAnswer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(tcpPort, '127.0.0.1').setEncoding('latin1').setNoDelay();
    let text = '';
    const ask = (): void => {
      if (answers.length === targets.length) socket.end();
      else socket.write(`GET ${targets[answers.length]} HTTP/1.1\r\nHost: shop.test\r\n\r\n`, 'latin1');
    };
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (more: string) => {
      text += more;
      const answer = readAnswer(text);
      if (answer === null) return;
      text = '';
      answers.push(answer);
      if (answer.closes) socket.end();
      else ask();
    });
  });
}

/** The one answer in a text that holds it whole, or null where more is to come. */
function readAnswer(text: string): (RawAnswer & { closes: boolean }) | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = text.slice(0, end);
  const rest = text.slice(end + 4);
  const status = Number(head.slice(9, 12));
  const closes = /^connection: close$/im.test(head);
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return rest.length < Number(length) ? null : { status, closes, body: rest };
  const body = dechunk(rest);
  return body === null ? null : { status, closes, body };
}

/** The content of a chunked body, or null where it is not complete. */
function dechunk(text: string): string | null {
  let body = '';
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at);
    if (line === -1) return null;
    const size = parseInt(text.slice(at, line), 16);
    if (size === 0) return text.endsWith('\r\n\r\n') ? body : null;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (at > text.length) return null;
  }
}
