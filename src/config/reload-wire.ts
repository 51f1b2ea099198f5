import type { Route } from '../routing/route.ts';
import type { Finding } from './findings.ts';
import type { Reading } from './read.ts';
import type { Settings } from './settings.ts';

/** What the thread that reads routes.yaml is asked: first the text, then for its routes, a bundle at a time. */
export type ReadRequest = { readonly file: string; readonly text: string } | 'more';

/** What it answers. A table cannot be handed from thread to thread: it is made on the other side, of its routes. */
export type ReadAnswer =
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'read';
      readonly findings: readonly Finding[];
      readonly settings: Untabled;
      readonly rest: Route;
      readonly rev: number | null;
    }
  | { readonly kind: 'routes'; readonly routes: readonly Route[] };

/** What a text says, and the revision of the journal that it is, or null. */
export interface NumberedReading extends Reading {
  readonly rev: number | null;
}

/** Settings before they have a table: plain data. */
export type Untabled = Omit<Settings, 'table'>;
