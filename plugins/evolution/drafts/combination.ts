import { atLeast } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from '../config.ts';
import type { Evidence } from '../evidence/gather.ts';
import type { Draft } from './draft.ts';
import { leastPercent, ofUses } from './shown-figures.ts';

const MOST = 20;

/** Chains of different tools whose runs succeed: mostly, or more often than runs do in all, both beyond chance. */
export function combinations({ chains, judged, tools: known }: Evidence, { worksFrom }: EvolutionConfig): Draft[] {
  const usual = judged.uses > 0 ? judged.successes / judged.uses : 1;
  const good = chains
    .filter(({ tools, runs }) => new Set(tools).size === tools.length && atLeast(runs) > Math.min(worksFrom, usual))
    // The longer one says what the shorter ones in it say.
    .sort((a, b) => b.tools.length - a.tools.length || atLeast(b.runs) - atLeast(a.runs));
  const chosen: typeof good = [];
  for (const chain of good)
    if (!chosen.some(({ tools }) => ` ${tools.join(' ')} `.includes(` ${chain.tools.join(' ')} `))) chosen.push(chain);
  return chosen.slice(0, MOST).map(({ tools, runs }) => {
    const [first, ...next] = tools as [string, ...string[]];
    const about = known.get(first)?.tool.definition.description ?? '';
    const figures = `${ofUses(runs)} such runs succeeded, at least ${leastPercent(runs)}`;
    const notes = /\p{Script=Han}/u.test(about)
      ? `常用组合：之后依次调用 ${next.join('、')}（${runs.uses} 次中 ${runs.successes} 次成功，至少 ${leastPercent(runs)}）。`
      : `Works well followed by ${next.join(', then ')} (${figures}).`;
    return {
      kind: 'combination',
      subject: tools.join(' > '),
      tools,
      gist: tools.join('\n'),
      before: '',
      after: notes,
      grounds: `${figures}; of all runs ${ofUses(judged)}.`,
      learnt: { [first]: { notes } },
    };
  });
}
