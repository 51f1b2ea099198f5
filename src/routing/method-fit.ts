/** How well a route's methods fit: 3 it is named, 2 it is HEAD and GET is named, 1 none are named, 0 it does not fit. */
export function methodFit(methods: readonly string[] | null, method: string): 0 | 1 | 2 | 3 {
  if (methods === null) return 1;
  if (methods.includes(method)) return 3;
  return method === 'HEAD' && methods.includes('GET') ? 2 : 0;
}
