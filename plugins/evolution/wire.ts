import type { Proposal } from './api.ts';

export const proposalWire = ({ at, baseline, since, ...rest }: Proposal) => ({
  ...rest,
  created_at: new Date(at).toISOString(),
  baseline,
  since,
});
