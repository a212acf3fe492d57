import type { EvidenceStep, SeedCheck, SeedDraft, SeedEvidence } from '#plugins/synthesizer/api';
import { isFailure, isSameTool } from './tool-knowledge.ts';
import { failed, unverified, type Verdict } from './verdict.ts';

/**
 * The recorded sequence replays: what was called has its result, no result belongs to nothing, and each expected tool worked at
 * least once. Equal calls with unequal results are counted (`unstable`): the world may have changed between them.
 */
export class RecordedResultsCheck implements SeedCheck {
  async check({ expected_tools }: SeedDraft, { run, steps }: SeedEvidence): Promise<Verdict> {
    const orphan = orphanOf(run.messages);
    if (orphan !== undefined) return failed(orphan);
    const expected = steps.filter((step) => expected_tools.some((name) => isSameTool(step.tool, name)));
    if (expected.length === 0) return unverified('no call of the expected tools is recorded');
    for (const step of expected) {
      // A run may end with a call, such as one that hands over.
      if (step.result === undefined && step !== steps.at(-1)) return failed(`call ${step.step} of ${step.tool} has no result`);
      if (step.result !== undefined && isTorn(step.result, steps)) return failed(`the result of call ${step.step} of ${step.tool} is cut off`);
    }
    for (const name of expected_tools) {
      const calls = expected.filter((step) => isSameTool(step.tool, name));
      if (calls.length > 0 && !calls.some((step) => step.result !== undefined && !isFailure(step)))
        return failed(`no call of ${name} has a result without an error`);
    }
    const { repeated, unstable } = repeats(expected);
    const missing = expected_tools.filter((name) => !expected.some((step) => isSameTool(step.tool, name))).length;
    return {
      verdict: 'passed',
      ...(unstable > 0 && { why: `${unstable} calls gave another result when they were made again` }),
      figures: { calls: expected.length, repeated, unstable, unrecorded_tools: missing },
    };
  }
}

/** A result whose call there is not, or that stands before it. */
function orphanOf(messages: SeedEvidence['run']['messages']): string | undefined {
  const open = new Set<string>();
  for (const { calls, answers, demo } of messages) {
    if (demo === true) continue;
    for (const { id } of calls ?? []) open.add(id);
    if (answers !== undefined && answers !== '' && !open.has(answers)) return 'a result belongs to no call before it';
  }
  return undefined;
}

const MARKS_OF_CUT = /\.{3}|…|truncat|omitted|省略|截断|more (?:lines|characters|bytes)/i;

/** JSON without its end, where results of this run otherwise have theirs. */
function isTorn(result: string, steps: readonly EvidenceStep[]): boolean {
  const text = result.trim();
  if (!/^(?:\{\s*"|\[\s*[[{"])/.test(text) || /[}\]]$/.test(text) || MARKS_OF_CUT.test(text.slice(-200)) || isJson(text)) return false;
  return steps.some((step) => step.result !== result && /^\s*[{[]/.test(step.result ?? '') && isJson(step.result!));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function repeats(steps: readonly EvidenceStep[]): { readonly repeated: number; readonly unstable: number } {
  const seen = new Map<string, string | undefined>();
  let repeated = 0;
  let unstable = 0;
  for (const { tool, args, result } of steps) {
    const key = `${tool} ${JSON.stringify(args)}`;
    if (seen.has(key)) {
      repeated++;
      if (seen.get(key) !== result) unstable++;
    }
    seen.set(key, result);
  }
  return { repeated, unstable };
}
