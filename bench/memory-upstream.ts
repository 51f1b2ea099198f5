// What stands behind the gateway in `proxy-memory`, in a process of its own: what it is sent is counted and thrown away,
// and GET /down?bytes=N is answered with so many bytes. TCP_PORT comes from the environment.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const piece = Buffer.alloc(65_536, 'banyan ');

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
  if (request.method === 'POST') count(request, response);
  else if (pathname === '/down') send(Number(searchParams.get('bytes')), response);
  else response.end('a page\n');
}).listen(Number(process.env['TCP_PORT']), '127.0.0.1');

function count(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => response.end(String(bytes)));
}

/** As fast as they are taken, and no faster. */
function send(bytes: number, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes });
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const next = left < piece.length ? piece.subarray(0, left) : piece;
      left -= next.length;
      if (!response.write(next)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}
