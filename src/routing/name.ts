import type { KeyParam } from './key-params.ts';

/**
 * The name a route gets when the file gives it none. A pure function of its own key, so that adding a route never
 * renames another: `help.pl` is `help`, `POST cart.pl?action=add` is `cart.add.post`, `/shop/item/{id}` is
 * `shop.item.id`. Of a parameter it is the value that tells requests apart, or its name where any value will do.
 */
export function routeName(
  key: {
    readonly methods: readonly string[] | null;
    readonly path: string;
    readonly params: readonly KeyParam[];
  },
  base: string | null,
): string {
  const { methods, path, params } = key;
  const below = base !== null && path.startsWith(base) ? path.slice(base.length) : path.slice(1);
  const parts = below
    .replace(/\$$/, '')
    .split('/')
    .map((part, at, all) => partName(part, at === all.length - 1));
  const asked = params.map(({ name, value }) => plainWord(value === null || value === '' ? name : value));
  const words = [...parts, ...asked, ...(methods ?? []).map((method) => method.toLowerCase())];
  return words
    .filter((word) => word !== '')
    .join('.')
    .slice(0, longestName);
}

const longestName = 64;

/** Whether a word can be the name of a route: it is a label in metrics and a word on the command line. */
export function isRouteName(word: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(word);
}

function partName(part: string, isLast: boolean): string {
  if (part === '') return isLast ? 'index' : '';
  if (part === '**') return 'rest';
  const bare = isLast ? part.replace(/\.(pl|cgi|py)$/, '') : part;
  return plainWord(bare.replace(/[{}]/g, '').replace(/\*/g, 'any'));
}

function plainWord(text: string): string {
  return text.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '');
}
