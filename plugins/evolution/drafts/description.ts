import type { Counted } from '#plugins/trajectory-archive/api';
import type { EvolutionConfig } from '../config.ts';
import type { Evidence, ToolEvidence } from '../evidence/gather.ts';
import type { Draft } from './draft.ts';
import { findingsOf, gistOf } from './findings.ts';
import type { Facts } from './model-wording.ts';
import { ofUses } from './shown-figures.ts';
import { fitting, notesOf } from './templates.ts';

/** A draft whose sentences may still be worded better. */
export interface DescriptionDraft extends Draft {
  readonly facts: Facts;
}

/** What is worth telling of each tool, behind its own description: that stays word for word. */
export function descriptions(evidence: Evidence, config: EvolutionConfig): DescriptionDraft[] {
  const used = [...evidence.tools.values()].filter((each) => usesOf(each) >= config.minUses);
  used.sort((a, b) => usesOf(b) - usesOf(a) || (a.tool.id < b.tool.id ? -1 : 1));
  return used.flatMap((each) => {
    const findings = findingsOf(each, evidence.runs, config);
    const gist = gistOf(findings);
    if (gist === '') return [];
    const { tool, known } = each;
    const about = ownDescription(each);
    const lines = notesOf(findings, about);
    const names = [
      ...[...findings.works, ...findings.fails].map(({ scenario }) => scenario),
      ...findings.errors.map(({ text }) => text),
      ...findings.arguments.map(({ argument }) => argument),
    ].filter((name) => lines.some((line) => line.includes(name)));
    const draft = { kind: 'description' as const, subject: tool.id, tools: [tool.id], gist, facts: { lines, names } };
    const grounds = [...notesOf(findings, ''), groundsOf(known, each.scenarios)].join(' ');
    return [{ ...draft, ...shown(each, fitting(lines, config.limits.notes)), grounds }];
  });
}

export const worded = (draft: Draft, evidence: Evidence, lines: readonly string[], most: number): Draft => ({
  ...draft,
  ...shown(evidence.tools.get(draft.subject)!, fitting(lines, most)),
});

/** Without what was learnt before. */
export function ownDescription({ tool: { description, definition, learnt } }: ToolEvidence): string {
  if (description === undefined) return definition.description ?? '';
  return learnt?.notes === undefined ? description : description.slice(0, -learnt.notes.length).trimEnd();
}

function shown(evidence: ToolEvidence, notes: string): Pick<Draft, 'before' | 'after' | 'learnt'> {
  const { tool } = evidence;
  const own = ownDescription(evidence);
  return {
    before: tool.description ?? tool.definition.description ?? '',
    after: own === '' ? notes : `${own}\n${notes}`,
    learnt: { [tool.id]: { notes } },
  };
}

const usesOf = ({ known, scenarios }: ToolEvidence): number =>
  Math.max(
    known.uses,
    [...scenarios.values()].reduce((all, { uses }) => all + uses, 0),
  );

function groundsOf(known: Counted, scenarios: ToolEvidence['scenarios']): string {
  const where = [...scenarios].map(([scenario, counted]) => `${scenario} ${ofUses(counted)}`).slice(0, 10);
  return `All uses: ${ofUses(known)} succeeded${where.length > 0 ? `; by scenario: ${where.join(', ')}` : ''}.`;
}
