import type { RunEvidence } from '#plugins/synthesizer/api';
import type { Brief } from './brief.ts';
import { bareName, nameWords, serverOf, type Use } from './uses.ts';
import { FILE_PATH } from './words/conditions.ts';

const MOST = 8;

/** What makes the task what it is, in short phrases, most telling first. */
export function featuresOf({ run }: RunEvidence, brief: Brief, uses: readonly Use[]): string[] {
  const did = uses.filter(({ failed, kind }) => !failed && kind !== 'thinking' && kind !== 'closing');
  const said = brief.whole ?? [...brief.goals, ...brief.facts].join(' ');
  const effects = countsOf(did.filter(({ kind }) => kind === 'effect'));
  const lookups = countsOf(did.filter(({ kind }) => kind === 'lookup'));
  const features: string[] = [];
  for (const [tool, times] of effects.slice(0, 3))
    features.push(nameWords(bareName(tool)).join(' ') + (times > 2 ? ', several times' : ''));
  if (did.some(({ kind }) => kind === 'handover')) features.push('handed over to a person');
  if (did.some(({ kind }) => kind === 'run')) features.push('runs code or commands');
  if (effects.length === 0 && lookups.length > 0) features.push('answered from look-ups alone');
  const many = lookups.find(([, times]) => times >= 4);
  if (many !== undefined) features.push(`looks at many items (${nameWords(bareName(many[0])).join(' ')})`);
  const files = [
    ...new Set(
      (said.replace(/\bhttps?:\S+/g, ' ').match(FILE_PATH) ?? []).map((file) => /\.\w{1,8}$/.exec(file)?.[0] ?? ''),
    ),
  ].filter((ending) => ending !== '');
  if (files.length > 0) features.push(`files: ${files.slice(0, 4).join(', ')}`);
  if (brief.asked.length > 1) features.push(`${brief.asked.length} requests in one dialogue`);
  else if (brief.turns.length > 2) features.push('details come bit by bit over a dialogue');
  if (brief.conditions.length > 0)
    features.push(
      brief.conditions.length === 1 ? 'one condition to keep' : `${brief.conditions.length} conditions to keep`,
    );
  if (/(?:[$€£¥￥]\s?\d|\b(?:budget|cheap\w*|cost|afford)\b|预算|便宜)/i.test(said))
    features.push('budget or price matters');
  if (new Set(did.map(({ step }) => serverOf(step.tool))).size > 2) features.push('combines several servers');
  const failures = uses.filter(({ failed }) => failed).length;
  if (failures > 0 && run.outcome.success === true) features.push('recovers from failed calls');
  if (brief.chinese) features.push('in Chinese');
  return features.slice(0, MOST);
}

/** Most used last tool first: the end of a run is what it came to. */
function countsOf(uses: readonly Use[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { step } of uses) counts.set(step.tool, (counts.get(step.tool) ?? 0) + 1);
  return [...counts];
}
