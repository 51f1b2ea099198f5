import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { startApache, type Apache } from '../../scripts/shop/apache.ts';
import { startGateway, type GatewayProcess, type Site } from '../../scripts/shop/gateway.ts';
import { giveToServers, makeScratch } from '../../scripts/shop/process.ts';
import { repository } from '../../scripts/shop/shop.ts';

/** How a request can reach a script: by Apache alone, which is what the others are held against, or by a gateway. */
export const waysThere = ['apache', 'through', 'spawn', 'fork', 'kept'] as const;
export type WayName = (typeof waysThere)[number];

/** One of them, ready. */
export interface Way {
  readonly name: WayName;
  readonly url: string;
  /** Null for Apache. */
  readonly gateway: GatewayProcess | null;
}

/** A site of scripts and files without a database: what legacy-stub/ is served with, and folders that a test fills. */
export interface ScriptSite extends Site {
  readonly apache: Apache;
  readonly root: string;
}

/**
 * Starts Apache on a copy of the shop's configuration and pages; ends with the test. `fill` writes what is to be served
 * besides into cgi-bin/ and htdocs/ of the folder it is given.
 */
export async function useSite(t: Test, name: string, fill: (root: string) => void): Promise<ScriptSite> {
  t.setTimeout(300_000);
  const { path: scratch, remove } = makeScratch(name);
  const root = join(scratch, 'legacy');
  for (const part of ['conf', 'htdocs']) {
    cpSync(join(repository, 'legacy-stub', part), join(root, part), { recursive: true });
  }
  mkdirSync(join(root, 'cgi-bin'));
  // A connection on which an answer broke off is closed after a second; all HTML has the charset that useWays says.
  appendFileSync(join(root, 'conf/httpd.conf'), 'KeepAliveTimeout 1\nAddCharset ISO-8859-1 .htm\n');
  fill(root);
  giveToServers(root);
  const apache = await startApache(scratch, root);
  t.teardown(async () => {
    await apache.stop();
    remove();
  });
  return { scratch, apache, root, storeUrl: '', confFile: join(root, 'conf/shop.conf') };
}

/**
 * Starts the four gateways of a site. `kept` are the scripts that stay in memory on the last of them, `env` what all scripts
 * are given, and `top` more lines of routes.yaml.
 */
export async function useWays(
  t: Test,
  site: ScriptSite,
  { kept = [], env = {}, top = '' }: { kept?: string[]; env?: Record<string, string>; top?: string } = {},
): Promise<Way[]> {
  const all = { SHOP_CONF: site.confFile, ...env }; // the first is passed on by Apache, too
  const here = (perl: string): string =>
    `{ cgi: legacy/cgi-bin, root: legacy/htdocs, env: [${Object.keys(all).join(', ')}], charset: iso-8859-1, ${perl} }`;
  const legacy: Record<Exclude<WayName, 'apache'>, string> = {
    through: site.apache.url,
    spawn: here('perl: spawn'),
    fork: here('perl: fork'),
    kept: here(`perl: fork, persistent: [${kept.join(', ')}]`),
  };
  const gateways = Object.entries(legacy).map(async ([name, way]): Promise<Way> => {
    const file = join(site.scratch, `${name}.yaml`);
    writeFileSync(
      file,
      `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlegacy: ${way}\n${top}routes:\n  /**: legacy\n`,
    );
    const gateway = await startGateway(site, file, { env: all, asServers: true });
    t.teardown(() => gateway.stop('SIGKILL'));
    return { name: name as WayName, url: gateway.url, gateway };
  });
  return [{ name: 'apache', url: site.apache.url, gateway: null }, ...(await Promise.all(gateways))];
}
