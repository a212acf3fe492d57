import type { z } from 'zod';
import type { CheckVerdict, EvidenceStep, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';
import plugin from '../../../plugins/seed-checks/index.ts';
import { openPlugin } from '../open-plugin.ts';

export const never = new AbortController().signal;

/** The checks by their names in YAML. */
export async function openChecks(
  config: z.input<typeof plugin.config> = {},
  services: Readonly<Record<string, unknown>> = {},
) {
  const { plugin: made } = await openPlugin(plugin, config, services);
  const checks = {
    'well-formed': made.wellFormed,
    'expected-tools': made.expectedTools,
    arguments: made.arguments,
    'step-bound': made.stepBound,
    'answer-leak': made.answerLeak,
    'recorded-results': made.recordedResults,
    live: made.live,
  };
  return (name: keyof typeof checks, seed: SeedDraft, evidence: SeedEvidence, signal = never) =>
    checks[name].check(seed, evidence, signal);
}
export type Check = Awaited<ReturnType<typeof openChecks>>;
export const DEFAULT = [
  'well-formed',
  'expected-tools',
  'arguments',
  'step-bound',
  'answer-leak',
  'recorded-results',
] as const;

/** The verdicts that refuse a seed. */
export async function refusals(check: Check, seed: SeedDraft, evidence: SeedEvidence): Promise<CheckVerdict[]> {
  const verdicts = await Promise.all(
    DEFAULT.map(async (name) => ({ check: name, ...(await check(name, seed, evidence)) })),
  );
  return verdicts.filter(({ verdict }) => verdict === 'failed');
}

type Part =
  | string
  | { readonly tool: string; readonly args?: object; readonly result?: string | null; readonly error?: true };

/** A run from what the user says, what the agent says (`agent: ...`), and what it calls; `result: null` is none. */
export function evidenceOf(parts: readonly Part[], more: Partial<ImportedRun> = {}): SeedEvidence {
  const steps: EvidenceStep[] = [];
  const messages = parts.flatMap((part, index): RunMessage[] => {
    if (typeof part === 'string')
      return part.startsWith('agent: ') ? [{ role: 'assistant', text: part.slice(7) }] : [{ role: 'user', text: part }];
    const { tool, args = {}, result = 'ok', error = false } = part;
    const [name, server] = tool.split('/').reverse();
    steps.push({ step: steps.length + 1, tool, args: { ...args }, ...(result !== null && { result }), error });
    const id = `call-${index}`;
    const called = { name: name!, ...(server !== undefined && { server }) };
    return [
      { role: 'assistant', text: '', calls: [{ id, tool: called, args: { ...args } }] },
      ...(result === null ? [] : [{ role: 'tool' as const, text: result, answers: id, error }]),
    ];
  });
  const tools = [...new Set(steps.filter(({ error }) => !error).map(({ tool }) => tool))];
  return {
    run: {
      id: '0123456789abcdef0123456789abcdef',
      key: 'run',
      format: 'test',
      request: messages.find(({ role }) => role === 'user')?.text ?? '',
      messages,
      outcome: { success: true },
      counts: { messages: messages.length, user: 1, assistant: 1, toolCalls: steps.length, steps: steps.length },
      ...more,
    },
    steps,
    essence: { ...LABELS, description: 'a task', key_features: [], tools },
    difficulty: { trials: 1, judged: 1, successes: 1 },
  };
}

const LABELS = { task_type: 'booking', domain: 'airline', complexity: 'low' } as const;
export const seedOf = (more: Partial<SeedDraft> = {}): SeedDraft => ({
  ...LABELS,
  description: 'Book a flight from Lisbon to Oslo on May 3, for one person.',
  expected_tools: [],
  constraints: ['At most 300 euros'],
  success_criteria: ['The flight is booked'],
  max_steps: 10,
  ...more,
});
