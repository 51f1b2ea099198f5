import { parentPort } from 'node:worker_threads';
import type { Route } from '../routing/route.ts';
import { revisionOf } from './journal-file.ts';
import { readSettings } from './read.ts';
import type { ReadAnswer, ReadRequest } from './reload-wire.ts';
import { textHash } from './text-hash.ts';

// The thread of reload-read.ts: reads one routes.yaml and hands it over in bundles.

/** So many at once: what arrives is unpacked in one go by the thread that serves. */
const bundleSize = 200;

/** As a gateway has to. */
const strictly = { mustBeComplete: true, mustRun: true };

let routes: readonly Route[] = [];

parentPort?.on('message', (request: ReadRequest) => {
  if (request === 'more') {
    answer({ kind: 'routes', routes: routes.slice(0, bundleSize) });
    routes = routes.slice(bundleSize);
  } else void read(request.file, request.text);
});

async function read(file: string, text: string): Promise<void> {
  const { settings, findings } = readSettings(file, text, process.env, 0, strictly);
  if (settings === null) {
    answer({ kind: 'refused', findings });
    return;
  }
  const { table, ...others } = settings;
  routes = table.routes;
  // Here too: the journal may be long.
  const rev = await revisionOf(file, textHash(text));
  answer({ kind: 'read', findings, settings: others, rest: table.rest, rev });
}

function answer(message: ReadAnswer): void {
  parentPort?.postMessage(message);
}
