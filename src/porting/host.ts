import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import type { HostOrder, HostReport } from './host-words.ts';
import { loadPorts, noteModules } from './load.ts';
import { lostPromisesCostTheirRequest } from './lost-promises.ts';
import { makePortServer, type PortServer } from './port-server.ts';

/**
 * The port host: the process in which ports run, so that one that loops, leaks or crashes costs this process and not
 * the gateway. It is told what to do over the channel it was started with, and ends when that channel ends.
 */
let ports: PortServer | null = null;
process.on('message', (order: HostOrder) => void obey(order));
process.on('SIGTERM', () => undefined); // the gateway says when; a ^C at the terminal reaches us as well
process.on('SIGINT', () => undefined);
lostPromisesCostTheirRequest();

function tell(report: HostReport): void {
  process.send?.(report);
}

async function obey(order: HostOrder): Promise<void> {
  switch (order.kind) {
    case 'start':
      return start(order);
    case 'load':
      return loadPorts(order.files);
    case 'ping':
      return tell({ kind: 'pong' });
    case 'end':
      await ports?.lateWork();
      process.exit(0);
  }
}

async function start({ settings, socketPath, files }: HostOrder & { kind: 'start' }): Promise<void> {
  process.once('disconnect', () => {
    // The gateway is gone, however it went, and cannot clean up any more.
    rmSync(dirname(socketPath), { recursive: true, force: true });
    process.exit(0);
  });
  noteModules((loaded) => tell({ kind: 'loaded', ...loaded }));
  await loadPorts(files);
  ports = makePortServer(
    settings,
    ({ errand }) => errand.file,
    (line) => tell({ kind: 'said', ...line }),
  );
  ports.server.listen(socketPath, () => tell({ kind: 'ready' }));
}
