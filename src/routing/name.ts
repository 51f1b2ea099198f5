/**
 * The name a route gets when the file gives it none. A pure function of its own key, so that adding a route never
 * renames another: `help.pl` is `help`, `POST cart.pl` is `cart.post`, `/shop/item/{id}` is `shop.item.id`.
 */
export function routeName(methods: readonly string[] | null, path: string, base: string | null): string {
  const below = base !== null && path.startsWith(base) ? path.slice(base.length) : path.slice(1);
  const parts = below
    .replace(/\$$/, '')
    .split('/')
    .map((part, at, all) => partName(part, at === all.length - 1));
  const words = [...parts, ...(methods ?? []).map((method) => method.toLowerCase())];
  return words.filter((word) => word !== '').join('.');
}

/** Whether a word can be the name of a route: it is a label in metrics and a word on the command line. */
export function isRouteName(word: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(word);
}

function partName(part: string, isLast: boolean): string {
  if (part === '') return isLast ? 'index' : '';
  if (part === '**') return 'rest';
  const bare = isLast ? part.replace(/\.(pl|cgi|py)$/, '') : part;
  const word = bare
    .replace(/[{}]/g, '')
    .replace(/\*/g, 'any')
    .replace(/[^A-Za-z0-9_.-]+/g, '-');
  return word.replace(/^[.-]+|[.-]+$/g, '');
}
