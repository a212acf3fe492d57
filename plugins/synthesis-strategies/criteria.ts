import type { EvidenceStep, SeedEvidence } from '#plugins/synthesizer/api';
import type { Brief } from './brief.ts';
import { clip, oneLine } from './plain-text.ts';
import { sentencesOf } from './sentences.ts';
import { effectiveTools, type Use } from './uses.ts';
import { FILE_PATH, INPUT_BEFORE, OUTPUT_BEFORE } from './words/conditions.ts';
import { phrases } from './words/phrases.ts';
import { CRITERIA_OF } from './words/task-types.ts';

const MOST = 8;
const MOST_EFFECTS = 4;

/** How one sees that the task is done: from what the task names and the tools that changed something; no value that only a result told. */
export function criteriaOf(of: SeedEvidence, brief: Brief, uses: readonly Use[]): string[] {
  const say = phrases(brief.chinese);
  const said = brief.whole ?? [...brief.goals, ...brief.facts].join('\n');
  const criteria: string[] = outputFiles(said).map(say.file);
  criteria.push(...(CRITERIA_OF[of.essence.task_type]?.[brief.chinese ? 'zh' : 'en'] ?? []));
  // A run that failed does not show what success looks like.
  const effects =
    of.run.outcome.success === false
      ? []
      : uses.filter(({ kind, failed }) => !failed && (kind === 'effect' || kind === 'handover'));
  if (criteria.length === 0) {
    const done = effects.map(({ step, kind }) =>
      kind === 'handover' ? say.handedOver(step.tool) : say.done(step.tool, namedValues(step, said)),
    );
    criteria.push(...[...new Set(done)].slice(-MOST_EFFECTS));
    if (effects.length > 0) criteria.push(say.noChange);
  }
  if (effects.length === 0) {
    for (const goal of goalsOf(brief)) criteria.push(say.answered(clip(oneLine(goal).replace(/[.。]$/, ''), 160)));
    const sources = effectiveTools(uses).slice(0, 3);
    const looked = uses.every(({ kind }) => kind !== 'effect');
    if (looked && sources.length > 0 && !(of.essence.task_type in CRITERIA_OF))
      criteria.push(say.grounded(sources.map((tool) => `\`${tool}\``).join(', ')));
  }
  if (brief.conditions.length > 0) criteria.push(say.conditions);
  if (criteria.length < 2) criteria.push(say.everyPoint);
  return [...new Set(criteria)].slice(0, MOST);
}

/** Files that the text wants made, as opposed to those that it wants read. */
export function outputFiles(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(FILE_PATH)) {
    const before = text.slice(Math.max(0, match.index - 140), match.index);
    const clause = before.slice(
      Math.max(before.lastIndexOf('. '), before.lastIndexOf('。'), before.lastIndexOf('\n')) + 1,
    );
    if (match[0].includes('/') && OUTPUT_BEFORE.test(clause) && !INPUT_BEFORE.test(clause)) found.add(match[0]);
  }
  return [...found].slice(0, 4);
}

/** Arguments whose values the user gave. */
function namedValues({ args }: EvidenceStep, said: string): string {
  const lower = said.toLowerCase();
  return Object.entries(args)
    .filter(
      ([, value]) =>
        typeof value === 'string' && value.length >= 3 && value.length <= 60 && says(lower, value.toLowerCase()),
    )
    .map(([name, value]) => `${name} ${value}`)
    .slice(0, 4)
    .join(', ');
}

const says = (text: string, value: string): boolean =>
  text.includes(value) || text.includes(value.replaceAll('_', ' '));

function goalsOf({ whole, asked }: Brief): readonly string[] {
  if (whole === undefined) return asked.slice(0, 4);
  const sentences = sentencesOf(whole.replace(/```[\s\S]*?(?:```|$)/g, '\n'));
  const asking = sentences.filter((sentence) =>
    /\?$|^(?:please|can|could|find|show|tell|give|list|compare|identify|recommend|calculate|explain|analy[sz]e|summari[sz]e|help|get|check|read|what|how|which|who|when|where)\b|请|吗|？/i.test(
      sentence,
    ),
  );
  return (asking.length > 0 ? asking : sentences.slice(0, 1)).slice(0, 4);
}
