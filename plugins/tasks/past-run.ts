import { isFault } from '#kernel';
import type { Agent, AgentResult, RunOptions, StopKind } from '#plugins/agent-runtime/api';
import type { Trajectories } from '#plugins/trajectory/api';

const KINDS: ReadonlySet<string> = new Set<StopKind>([
  'done',
  'error',
  'budget_steps',
  'budget_tokens',
  'budget_usd',
  'budget_time',
  'budget_depth',
  'stuck',
  'needs_human',
  'context_overflow',
  'interrupted',
]);

/**
 * Goes on with a run. One that has ended is told as it ended: whoever worked on it may have died after its end was
 * recorded and before anybody heard of it.
 */
export async function resumeOrTell(
  agent: Agent,
  trajectories: Trajectories | undefined,
  run: string,
  options: RunOptions,
): Promise<AgentResult> {
  try {
    return await agent.resume(run, options);
  } catch (error) {
    const past = isFault(error) && error.code === 'TRAJECTORY_CLOSED' ? await pastResult(trajectories, run) : undefined;
    if (past === undefined) throw error;
    return past;
  }
}

/** The result of a run that has ended, from its trajectory; undefined where there is none, or it has not ended. */
export async function pastResult(
  trajectories: Trajectories | undefined,
  run: string,
): Promise<AgentResult | undefined> {
  if (trajectories === undefined) return undefined;
  try {
    const { end, startedAt, records } = await trajectories.get(run);
    if (end === undefined) return undefined;
    const kind = KINDS.has(end.reason) ? (end.reason as StopKind) : end.success ? 'done' : 'error';
    const { inputTokens = 0, outputTokens = 0, usd = 0 } = end.usage ?? {};
    const calls = records.filter(({ llm }) => llm !== undefined).length;
    return {
      run,
      stop: { kind, message: end.reason },
      answer: end.answer ?? '',
      steps: records.reduce((most, { turn }) => Math.max(most, turn), 0),
      spent: {
        input: inputTokens,
        output: outputTokens,
        cacheRead: 0,
        cacheWrite: 0,
        reasoning: 0,
        calls,
        usd,
        unpriced: 0,
      },
      elapsedMs: Math.max(0, end.at - startedAt),
    };
  } catch (error) {
    if (isFault(error) && error.code === 'TRAJECTORY_UNKNOWN') return undefined;
    throw error;
  }
}
