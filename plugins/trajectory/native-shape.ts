import type { LlmUse, Step, Trajectory } from './api.ts';

/**
 * A run as the documents of the project have it: `trajectory_id`, `user_query`, `steps` with `step_type`, `step_index`,
 * `input_data`, `output_data`. Times are ISO 8601 in UTC, durations seconds; null stands for what nobody knows.
 */
export function toNative(run: Trajectory): Record<string, unknown> {
  const { end, parent, settings } = run;
  const ended = new Set(run.records.flatMap((step) => (step.phase === 'ended' ? [step.input?.call] : [])));
  return {
    trajectory_id: run.id,
    user_query: run.task,
    identified_scenario: scenarioOf(run),
    agent_version: run.agent,
    llm_model: run.model,
    start_time: time(run.startedAt),
    end_time: end === undefined ? null : time(end.at),
    final_success: end?.success ?? null,
    total_steps: run.steps,
    total_execution_time: end === undefined ? null : seconds(end.at - run.startedAt),
    state: run.state,
    ...(parent !== undefined && { parent_id: parent }),
    ...(settings !== undefined && { settings }),
    ...(end !== undefined && {
      stop_reason: end.reason,
      ...(end.answer !== undefined && { final_answer: end.answer }),
      ...(end.usage !== undefined && { usage: usage(end.usage) }),
    }),
    steps: run.records.filter((step) => !isEndedLater(step, ended)).map(stepOf),
  };
}

/** The beginning of a call says nothing that its end does not; one without an end was cut off, and stays. */
const isEndedLater = ({ phase, input }: Step, ended: ReadonlySet<unknown>): boolean =>
  phase === 'begun' && input?.call !== undefined && ended.has(input.call);

function stepOf(step: Step & { readonly index: number }): Record<string, unknown> {
  const { durationMs, llm, phase, success } = step;
  return {
    step_type: step.kind,
    step_index: step.index,
    turn: step.turn,
    ...(phase !== undefined && { phase }),
    ...(step.kind === 'tool_execution'
      ? execution(step)
      : { input_data: step.input ?? {}, output_data: step.output ?? null }),
    ...(llm !== undefined && { llm_interaction: interaction(llm) }),
    execution_time: durationMs === undefined ? null : seconds(durationMs),
    success: success ?? null,
    timestamp: time(step.at),
  };
}

function execution({ input = {}, output, success, phase }: Step): Record<string, unknown> {
  const { tool, tool_name = tool, args, parameters = args, ...rest } = input;
  const failed = success === false && typeof output === 'object' && output !== null && 'text' in output;
  return {
    input_data: { tool_name, parameters: parameters ?? {}, ...rest },
    output_data:
      phase === 'begun'
        ? null
        : { execution_result: output ?? null, success: success ?? null, ...(failed && { error_message: output.text }) },
  };
}

const interaction = ({ model, prompt, response, ...use }: LlmUse): Record<string, unknown> => ({
  model,
  ...(prompt !== undefined && { prompt }),
  ...(response !== undefined && { response }),
  ...usage(use),
});

const usage = (use: Partial<Omit<LlmUse, 'model'>>): Record<string, unknown> => ({
  input_tokens: use.inputTokens,
  output_tokens: use.outputTokens,
  ...(use.cacheReadTokens !== undefined && { cache_read_tokens: use.cacheReadTokens }),
  ...(use.usd !== undefined && { usd: use.usd }),
});

function scenarioOf({ records }: Trajectory): unknown {
  const output = records.findLast(({ kind }) => kind === 'scenario_identification')?.output;
  return typeof output === 'object' && output !== null && 'identified_scenario' in output
    ? output.identified_scenario
    : null;
}

const seconds = (ms: number): number => Math.round(ms) / 1_000;
const time = (at: number): string => new Date(Number.isFinite(at) ? at : 0).toISOString();
