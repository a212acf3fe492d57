import { atLeast, type Counted } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from '../config.ts';
import type { Evidence } from '../evidence/gather.ts';
import type { Draft } from './draft.ts';
import { leastPercent, ofUses } from './shown-figures.ts';

const MOST_TOOLS = 3;
const RANKED = 10;

/** For each scenario the tools that do it best, by the lower bound of their success: 1 of 1 is not better than 95 of 100. */
export function scenarios(evidence: Evidence, { minUses, worksFrom }: EvolutionConfig): Draft[] {
  const by = new Map<string, { id: string; counted: Counted }[]>();
  for (const [id, tool] of evidence.tools)
    for (const [scenario, counted] of tool.scenarios) {
      const all = by.get(scenario) ?? [];
      by.set(scenario, all);
      all.push({ id, counted });
    }
  return [...by].flatMap(([scenario, all]) => {
    const ranked = all.sort((a, b) => atLeast(b.counted) - atLeast(a.counted) || (a.id < b.id ? -1 : 1));
    const uses = all.reduce((sum, { counted }) => sum + counted.uses, 0);
    const best = ranked.filter(({ counted }) => atLeast(counted) >= worksFrom).slice(0, MOST_TOOLS);
    if (best.length === 0 || uses < minUses) return [];
    const tools = best.map(({ id }) => id);
    const before = tools.filter((id) => evidence.tools.get(id)!.tool.learnt?.scenarios?.includes(scenario));
    const draft: Draft = {
      kind: 'scenario',
      subject: scenario,
      tools,
      gist: tools.join('\n'),
      before: before.join(', '),
      after: tools.join(', '),
      grounds: ranked
        .slice(0, RANKED)
        .map(
          ({ id, counted }, at) => `${at + 1}. ${id}: ${ofUses(counted)} succeeded, at least ${leastPercent(counted)}`,
        )
        .join('; '),
      learnt: Object.fromEntries(tools.map((id) => [id, { scenarios: [scenario] }])),
    };
    return [draft];
  });
}
