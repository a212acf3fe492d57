import type { Format, RunDraft } from '../format.ts';
import { messagesOf } from './native/messages.ts';
import { firstOf } from './reading/chat-run.ts';
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, timeOf } from './reading/members.ts';
import { present } from './reading/present.ts';
import { requestOf } from './reading/request.ts';

/** Members under which a collection may keep its runs. */
const COLLECTIONS = ['trajectories', 'trajectories_collection'];

/**
 * The project's own documents: what `export --format native` writes, and collections of runs with steps in five kinds, from
 * `scenario_identification` to `tool_execution`.
 */
export const native: Format = {
  name: 'native',
  recognises: (value) => isObject(value) && (isRun(value) || collected(value).slice(0, 1).some(isRun)),
  read(value): RunDraft | readonly RunDraft[] {
    const record = objectOf(value);
    return isRun(record) ? runOf(record) : collected(record).map((run) => runOf(objectOf(run)));
  },
};

const isRun = (value: unknown): boolean =>
  isObject(value) &&
  (typeof value.trajectory_id === 'string' || typeof value.trajectory_id === 'number') &&
  Array.isArray(value.steps) &&
  (value.steps.length > 0 || 'user_query' in value) &&
  value.steps.slice(0, 1).every((step) => isObject(step) && typeof step.step_type === 'string');

const collected = (record: JsonObject): readonly unknown[] =>
  COLLECTIONS.map((name) => listOf(record[name])).find((list) => list.length > 0) ?? [];

function runOf(record: JsonObject): RunDraft {
  const { trajectory_id, state, final_success, final_answer, usage } = record;
  const key = String(trajectory_id);
  const messages = messagesOf(record);
  const { input_tokens, output_tokens, usd } = objectOf(usage);
  const success = typeof final_success === 'boolean' ? final_success : null;
  const scenario = textOf(record.identified_scenario);
  const reference = present({ scenario, state: textOf(state), stopReason: textOf(record.stop_reason) });
  return present({
    key,
    // A run that was exported before its end is there again, longer, in a later export.
    session: textOf(state) === undefined ? undefined : `native:${key}`,
    agent: textOf(record.agent_version),
    model: textOf(record.llm_model),
    startedAt: timeOf(record.start_time),
    request: textOf(record.user_query) ?? requestOf(firstOf(messages, 'user')),
    messages,
    outcome: present({
      success,
      evidence: success === null ? undefined : 'final_success',
      answer: textOf(final_answer),
    }),
    usage: isObject(usage)
      ? present({
          inputTokens: numberOf(input_tokens),
          outputTokens: numberOf(output_tokens),
          usd: numberOf(usd),
        })
      : undefined,
    labels: { trajectory_id: key },
    counts: { steps: listOf(record.steps).length },
    reference: Object.keys(reference).length > 0 ? reference : undefined,
  });
}
