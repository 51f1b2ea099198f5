import { chmodSync, copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Test } from 'tap';
import { startApache } from '../../scripts/shop/apache.ts';
import { giveToServers, makeScratch } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';
import { Problem } from '../../src/errors.ts';
import { normalisePath, type RequestTarget } from '../../src/exchange/path.ts';
import { getRaw } from './raw-http.ts';

/** What a script was told about its address, one character a byte; or the status of an answer that none gave. */
export type Seen = { readonly script: string; readonly pathInfo: string; readonly query: string } | number;

/** Starts a real Apache with where.pl under each of these paths. What is returned asks it for targets as they are. */
export async function startWhere(
  t: Test,
  scripts: readonly string[],
): Promise<(targets: readonly string[]) => Promise<Seen[]>> {
  const scratch = makeScratch('where');
  t.teardown(scratch.remove);
  const root = join(scratch.path, 'legacy');
  cpSync(join(repository, 'legacy-stub'), root, { recursive: true });
  for (const script of scripts) {
    const place = Buffer.from(join(root, script), 'latin1'); // names are bytes
    mkdirSync(dirname(join(root, script)), { recursive: true });
    copyFileSync(resolve(import.meta.dirname, 'where.pl'), place);
    chmodSync(place, 0o755);
  }
  giveToServers(root);
  const apache = await startApache(scratch.path, root);
  t.teardown(() => apache.stop());
  return async (targets) => (await getRaw(apache.tcpPort, targets)).map(seenIn);
}

function seenIn({ status, body }: { status: number; body: string }): Seen {
  const hex = /^where (\w*) (\w*) (\w*)$/.exec(body)?.slice(1);
  if (hex === undefined) return status;
  const [script = '', pathInfo = '', query = ''] = hex.map((text) =>
    Buffer.from(text, 'hex').toString('latin1'),
  );
  return { script, pathInfo, query };
}

/** The target as we read it, or the status of our refusal. */
export function read(target: string): RequestTarget | number {
  try {
    return normalisePath(target);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.status;
    throw thrown;
  }
}
