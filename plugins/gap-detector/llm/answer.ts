import type { DiscoveryPlan, GapTool, MissingCapability } from '../api.ts';
import type { GapDetectorConfig } from '../config.ts';
import type { Judged } from '../retrieval.ts';
import type { Analysis, ToolChoice, ToolkitChoice } from './shapes.ts';
import { toolkitOf } from './shown.ts';

interface Chosen {
  readonly config: GapDetectorConfig;
  readonly analysed: Analysis;
  readonly choice: ToolChoice;
  readonly offered: readonly GapTool[];
  readonly toolkits: ToolkitChoice['toolkits'] | undefined;
}

/** How much a need counts towards coverage. */
const WEIGHT = { high: 1, medium: 0.5, low: 0.2 } as const;

/** Only tools that were offered count: a model may name one that is not there, and then the need is not served. */
export function chosen({ config, analysed, choice, offered, toolkits }: Chosen): Judged {
  const known = new Set(offered.map(({ name }) => name));
  const served = new Map(choice.needs.map(({ capability, tool }) => [capability, tool !== null && known.has(tool)]));
  const wanted = [
    ...analysed.needs,
    ...choice.needs
      .filter(({ capability }) => !analysed.needs.some((need) => need.capability === capability))
      .map(({ capability, keywords }) => ({ capability, keywords, priority: 'high' as const })),
  ];
  const weigh = (needs: typeof wanted): number => needs.reduce((sum, { priority }) => sum + WEIGHT[priority], 0);
  const lacking = wanted.filter(({ capability }) => served.get(capability) !== true);
  const coverage = wanted.length === 0 ? 1 : 1 - weigh(lacking) / weigh(wanted);
  const sufficient = coverage >= config.coverageThreshold;
  const reasons = new Map(choice.needs.map(({ tool, capability, reason }) => [tool, reason || capability]));
  const candidates = [...new Set([...choice.needs.map(({ tool }) => tool), ...choice.steps.map(({ tool }) => tool)])]
    .filter((tool): tool is string => tool !== null && known.has(tool))
    .slice(0, config.candidates)
    .map((tool) => ({ tool, score: choice.confidence, reason: reasons.get(tool) ?? 'is in the plan' }));
  return {
    sufficient,
    confidence: choice.confidence,
    coverage,
    reasoning: choice.reasoning || analysed.intent,
    missing: sufficient ? [] : lacking.map(missing),
    candidates,
    ...(sufficient && { plan: planOf(choice, known, offered, toolkits) }),
    strategy: 'llm',
  };
}

const missing = ({ capability, priority, keywords }: Analysis['needs'][number]): MissingCapability => {
  return { capability, priority, keywords: keywords.length > 0 ? keywords : capability.split('_') };
};

function planOf(
  { steps }: ToolChoice,
  known: ReadonlySet<string>,
  offered: readonly GapTool[],
  toolkits: ToolkitChoice['toolkits'] | undefined,
): DiscoveryPlan {
  const kept = steps
    .filter(({ tool }) => known.has(tool))
    .map(({ goal, tool, backups }) => {
      return { goal, tool, backups: backups.filter((each) => known.has(each) && each !== tool) };
    });
  const used = new Set(kept.flatMap(({ tool, backups }) => [tool, ...backups]));
  const usedToolkits = [...new Set(offered.filter(({ name }) => used.has(name)).map(toolkitOf))];
  return { toolkits: toolkits ?? usedToolkits.map((name) => ({ name, reason: 'has tools of the plan' })), steps: kept };
}
