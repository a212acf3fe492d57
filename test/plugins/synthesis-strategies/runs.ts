import fs from 'node:fs';
import path from 'node:path';
import type { EvidenceStep, RunEvidence } from '#plugins/synthesizer/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import formats from '../../../plugins/trajectory-formats/index.ts';
import { openPlugin } from '../open-plugin.ts';

const DATA = path.resolve(import.meta.dirname, '../../../../shared/data/trajectories');
export const HAS_DATA = fs.existsSync(DATA);

/** The shared records as strategies get them: without their labels. */
export async function loadRuns(): Promise<RunEvidence[]> {
  const { plugin, close } = await openPlugin(formats, {});
  const runs: RunEvidence[] = [];
  for await (const file of plugin.formats.files(DATA))
    for await (const event of plugin.formats.read(file)) if (event.type === 'run') runs.push(evidence(event.run));
  await close();
  return runs;
}

export function evidence(run: Partial<ImportedRun> & Pick<ImportedRun, 'messages'>): RunEvidence {
  const request = run.request ?? run.messages.find(({ role, demo }) => role === 'user' && !demo)?.text ?? '';
  const steps: EvidenceStep[] = [];
  // Ids may come again later in a run: the answer is the next one.
  const answerOf = (id: string, from: number) =>
    run.messages.find((message, at) => at > from && message.answers === id);
  for (const [at, { calls, demo }] of run.messages.entries())
    for (const { id, tool, args, lookup } of demo ? [] : (calls ?? [])) {
      if (lookup) continue;
      const answer = answerOf(id, at);
      steps.push({
        step: steps.length + 1,
        tool: tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`,
        args,
        ...(answer !== undefined && { result: answer.text }),
        error: answer?.error ?? false,
      });
    }
  const counts = { messages: run.messages.length, user: 0, assistant: 0, toolCalls: steps.length, steps: steps.length };
  return {
    run: {
      id: '0123456789abcdef0123456789abcdef',
      key: 'run',
      format: 'test',
      outcome: { success: null },
      counts,
      ...run,
      request,
    },
    steps,
  };
}
