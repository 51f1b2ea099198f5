import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** A legacy that answers `/hang…` when it is told to, and everything else at once. */
export async function heldLegacy(t: Test) {
  const waiting = new Map<string, ServerResponse>();
  const server = createServer((request, response) => {
    const target = request.url ?? '';
    if (target.includes('hang')) waiting.set(target, response);
    else response.end('at once');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close().closeAllConnections());
  return { waiting, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
