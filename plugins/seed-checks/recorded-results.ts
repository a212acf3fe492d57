import type { EvidenceStep, SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import type { RunMessage } from '#plugins/trajectory-formats/api';
import { hasFailed } from './call-failure.ts';
import { listed, sameTool } from './tool-names.ts';
import { failed, passed, unverified, type Verdict } from './verdict.ts';
import { onlyLooks } from './words/looking.ts';

/** What the run recorded of the expected tools can be played back: each call has its result, and each tool worked. */
export class RecordedResultsCheck implements SeedCheck {
  async check({ expected_tools }: SeedDraft, { run, steps }: SeedEvidence): Promise<Verdict> {
    if (steps.length === 0) return unverified('the run used no tool');
    if (expected_tools.length === 0) return unverified('no tool is expected');
    const uncalled: string[] = [];
    const open: EvidenceStep[] = [];
    let calls = 0;
    for (const name of expected_tools) {
      const used = steps.filter(({ tool }) => sameTool(tool, name));
      calls += used.length;
      if (used.length === 0) {
        uncalled.push(name);
        continue;
      }
      const unanswered = used.filter(({ result, error }) => result === undefined && !error);
      const lost = unanswered.find(({ step }) => step <= steps.length - callsAtTheEnd(run.messages));
      if (lost !== undefined) return failed(`the call of "${name}" in step ${lost.step} has no result`);
      if (used.every((step) => hasFailed(step))) return failed(`"${name}" only ever failed in this run`);
      if (!used.some((step) => step.result !== undefined && !hasFailed(step))) open.push(...unanswered);
    }
    const figures = { calls };
    if (open.length > 0)
      return { ...unverified(`the run ended before ${listed(open.map(({ tool }) => tool))} answered`), figures };
    if (uncalled.length > 0) return { ...unverified(`the run has no call of ${listed(uncalled)}`), figures };
    const doubt = unpaired(run.messages) ?? contradiction(steps, expected_tools);
    return { ...(doubt === undefined ? passed : unverified(doubt)), figures };
  }
}

/** A run may end with calls, such as one that hands over to somebody: nobody waited for what they give. */
function callsAtTheEnd(messages: readonly RunMessage[]): number {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? (last.calls ?? []).filter(({ lookup }) => lookup !== true).length : 0;
}

/** Results that belong to no call, or to one that has its result: then it is not sure which belongs to which. */
function unpaired(messages: readonly RunMessage[]): string | undefined {
  const waiting = new Map<string, number>();
  for (const { calls, answers, demo } of messages) {
    if (demo === true) continue;
    for (const { id } of calls ?? []) waiting.set(id, (waiting.get(id) ?? 0) + 1);
    if (answers === undefined) continue;
    const left = waiting.get(answers) ?? 0;
    if (left === 0) return 'a result in the record belongs to no call';
    waiting.set(answers, left - 1);
  }
  return undefined;
}

/** The same call with another result, with nothing done in between that could have changed it. */
function contradiction(steps: readonly EvidenceStep[], expected: readonly string[]): string | undefined {
  const results = new Map<string, EvidenceStep>();
  for (const step of steps) {
    if (!onlyLooks(step.tool)) {
      results.clear();
      continue;
    }
    if (hasFailed(step) || step.result === undefined || !expected.some((name) => sameTool(step.tool, name))) continue;
    const call = `${step.tool} ${JSON.stringify(step.args)}`;
    const earlier = results.get(call);
    if (earlier === undefined) results.set(call, step);
    else if (earlier.result?.trim() !== step.result.trim())
      return `"${step.tool}" gave the same call in steps ${earlier.step} and ${step.step} different results`;
  }
  return undefined;
}
