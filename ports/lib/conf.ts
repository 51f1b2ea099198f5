import { readFileSync } from 'node:fs';

const settings = new Map<string, string>();

/** Shop.pm's conf(): a setting of the file that SHOP_CONF names. Throws where it has none, so that legacy answers. */
export function conf(name: string): string {
  if (settings.size === 0) readConf();
  const value = settings.get(name);
  if (value === undefined) throw new Error(`${process.env['SHOP_CONF']} has no ${name}`);
  return value;
}

function readConf(): void {
  const file = process.env['SHOP_CONF'];
  if (file === undefined) throw new Error('SHOP_CONF is not set: it names the configuration of the shop');
  for (const line of readFileSync(file, 'latin1').split(/\r?\n/)) {
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) settings.set(name, value);
  }
}
