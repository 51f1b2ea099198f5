import { rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
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
  comeLast();
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

/**
 * How nice hosts are: where a core is short, the gateway and old scripts come first, with three times the share. A port
 * in a loop beside the gateway on one core left it a fifth of its requests, and now five sixths (`bench ports`, once, on a
 * busy machine).
 */
const niceness = 5;

/**
 * Where processor time is short the gateway comes first, and where memory runs out the kernel is to choose a host, and
 * not the gateway or the database (proc(5), oom_score_adj). Where it is not Linux, or not allowed, a host is as any other.
 */
function comeLast(): void {
  try {
    setPriority(niceness);
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // As it says.
  }
}
