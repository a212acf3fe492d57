import { effectiveTools, type Use } from './uses.ts';

export type Complexity = 'low' | 'medium' | 'high';

/** By the different things that had to be done, not by how often an agent failed at them. */
export function complexityOf(uses: readonly Use[], goals: number): Complexity {
  const tools = effectiveTools(uses).length;
  const done = new Set<string>();
  for (const { step, kind, failed } of uses)
    if (!failed && kind !== 'thinking' && kind !== 'closing')
      done.add(`${step.tool} ${JSON.stringify(step.args).slice(0, 200)}`);
  const steps = done.size;
  if (steps >= 12 || tools >= 6 || (steps >= 8 && tools >= 4)) return 'high';
  return steps <= 3 && tools <= 2 && goals <= 2 ? 'low' : 'medium';
}

const ORDER: readonly Complexity[] = ['low', 'medium', 'high'];
export const harder = (complexity: Complexity): Complexity => ORDER[Math.min(ORDER.indexOf(complexity) + 1, 2)]!;
export const hardest = (...all: readonly Complexity[]): Complexity =>
  ORDER[Math.max(...all.map((each) => ORDER.indexOf(each)))]!;
