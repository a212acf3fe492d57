import type { Learnt } from '#plugins/tool-registry/api';
import type { ProposalKind } from '../api.ts';

/** What the figures suggest, before it is a proposal. */
export interface Draft {
  readonly kind: ProposalKind;
  readonly subject: string;
  /** Tools whose success tells whether it helps. */
  readonly tools: readonly string[];
  /** What it says, without figures: the same gist is the same proposal. */
  readonly gist: string;
  readonly before: string;
  readonly after: string;
  readonly grounds: string;
  /** What applying it shows, by tool id. */
  readonly learnt: Readonly<Record<string, Learnt>>;
}
