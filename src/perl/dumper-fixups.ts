import type { Step } from './dumper-alias.ts';
import type { DumperNode } from './dumper-parse.ts';
import type { Scanner } from './dumper-scan.ts';

/**
 * What Data::Dumper (Purity) writes after the value when one thing is reachable twice: the second place holds an
 * empty `{}`, `[]` or `do{my $o}`, and a statement puts the first thing there.
 *
 *     $D->{'c'}[0] = $D->{'b'};   ${$D->{'r'}}->{'up'} = $D->{'r'};   $D->{'px'} = \$D->{'x'};   $D->{'self'} = $D;
 */
export interface Fixup {
  /** Where the statement stands, semicolon and the blanks after it included. */
  readonly start: number;
  readonly end: number;
  /** The keys of the session it reads or sets. It is right only as long as all of them are as they were. */
  readonly rootKeys: readonly string[];
}

/** Reads statements until the trailer. Each must lead from a thing that is there to a place that waits for one. */
export function readFixups(scanner: Scanner, root: DumperNode): Fixup[] {
  const fixups: Fixup[] = [];
  while (scanner.looksAt('$')) {
    const start = scanner.position;
    const place = readPath(scanner);
    scanner.expect(' = ');
    scanner.take('\\');
    const thing = readPath(scanner);
    scanner.expect(';');
    scanner.blanks();
    if (!isWaiting(follow(root, place))) scanner.fail('a statement that sets something already set', start);
    if (follow(root, thing) === undefined) scanner.fail('a statement that reads something not there', start);
    fixups.push({ start, end: scanner.position, rootKeys: [...rootKey(place), ...rootKey(thing)] });
  }
  return fixups;
}

/**
 * Reads `$D->{'a'}[0]`, `${$D->{'r'}}->{'up'}`, `${\$D->{'x'}}`. Dereferencing is written around what it applies to,
 * so the openings are counted first; no recursion, however many there are.
 */
export function readPath(scanner: Scanner): Step[] {
  const steps: Step[] = [];
  const openings: ('${' | '${\\')[] = [];
  while (scanner.take('${')) openings.push(scanner.take('\\') ? '${\\' : '${');
  if (!scanner.looksAtVariable()) scanner.fail(`expected ${scanner.variable}`);
  scanner.expect(scanner.variable);
  for (;;) {
    const step = readStep(scanner);
    if (step !== null) {
      steps.push(step);
      continue;
    }
    const opening = openings.pop();
    if (opening === undefined) return steps;
    scanner.expect('}');
    if (opening === '${') steps.push({ dereference: true });
  }
}

function readStep(scanner: Scanner): Step | null {
  const arrow = scanner.take('->');
  if (scanner.take('{')) {
    const key = scanner.key();
    scanner.expect('}');
    return { key };
  }
  if (scanner.take('[')) {
    const index = Number(scanner.integer('an index was expected'));
    scanner.expect(']');
    return { index };
  }
  if (arrow) scanner.fail('a key or an index was expected');
  return null;
}

function follow(root: DumperNode, steps: readonly Step[]): DumperNode | undefined {
  let node: DumperNode | undefined = root;
  for (const step of steps) {
    if (node?.kind === 'blessed') node = node.target;
    if (node === undefined) return undefined;
    if ('key' in step) node = node.kind === 'hash' ? node.entries.get(step.key)?.value : undefined;
    else if ('index' in step) node = node.kind === 'array' ? node.items[step.index] : undefined;
    else node = node.kind === 'reference' ? node.target : undefined;
  }
  return node;
}

function isWaiting(node: DumperNode | undefined): boolean {
  if (node?.kind === 'hash') return node.entries.size === 0;
  if (node?.kind === 'array') return node.items.length === 0;
  return node?.kind === 'placeholder';
}

function rootKey(steps: readonly Step[]): string[] {
  const first = steps[0];
  return first !== undefined && 'key' in first ? [first.key] : [];
}
