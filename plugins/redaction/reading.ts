import type { Span } from './span.ts';

/** What was found in a text. */
export interface Reading {
  readonly spans: readonly Span[];
  /** Whether a name stands in it whose value is a secret. */
  readonly tells: boolean;
  /** Values that a name beside them shows: also to be looked for where they stand bare. */
  readonly told: readonly (readonly [value: string, kind: string])[];
}
