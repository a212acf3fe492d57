import type { EvolutionConfig } from '../config.ts';
import type { Evidence } from '../evidence/gather.ts';
import { combinations } from './combination.ts';
import { descriptions } from './description.ts';
import type { Draft } from './draft.ts';
import type { Facts } from './model-wording.ts';
import { scenarios } from './scenario.ts';
import { toolkits } from './toolkit.ts';

/** All that the evidence suggests. Kinds take turns, so that none fills what a look may propose. */
export function draftsOf(evidence: Evidence, config: EvolutionConfig): readonly (Draft & { readonly facts?: Facts })[] {
  const kinds = [descriptions, scenarios, toolkits, combinations].map((draft) => draft(evidence, config));
  const most = Math.max(...kinds.map((drafts) => drafts.length));
  return Array.from({ length: most }, (_, at) => kinds.flatMap((drafts) => drafts[at] ?? [])).flat();
}
