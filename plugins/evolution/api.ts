import { type Token, token } from '#kernel';

/** Learns from how tools did: proposes better descriptions and groupings, applies what policy allows, and keeps only what helps. */
export interface Evolution {
  /** Newest first. */
  proposals(filter?: { readonly state?: ProposalState; readonly kind?: ProposalKind }): Promise<readonly Proposal[]>;
  /** Looks at the statistics now and proposes what follows from them; the same again proposes nothing twice. */
  propose(signal?: AbortSignal): Promise<readonly Proposal[]>;
  /** Applies one that waits, as policy allows. Faults: PROPOSAL_UNKNOWN, PROPOSAL_DENIED (with the rule), PROPOSAL_STATE (`conflict`). */
  apply(id: string): Promise<Proposal>;
  /** Takes one back by hand. */
  revert(id: string, why: string): Promise<Proposal>;
}
export type ProposalKind = 'description' | 'toolkit' | 'scenario' | 'combination';
/** measuring: applied, and its uses are counted against what was before. */
export type ProposalState = 'waiting' | 'measuring' | 'kept' | 'reverted' | 'denied';
export interface Proposal {
  readonly id: string;
  readonly kind: ProposalKind;
  /** A tool's id, or a toolkit's name. */
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  /** Why: the figures that it rests on, for people. */
  readonly grounds: string;
  readonly state: ProposalState;
  readonly at: number;
  /** Uses and successes before it was applied, and since. */
  readonly baseline: { readonly uses: number; readonly successes: number };
  readonly since: { readonly uses: number; readonly successes: number };
  readonly why?: string;
}

export const EVOLUTION: Token<Evolution> = token<Evolution>('evolution');
