import type { RunMessage } from '../../api.ts';
import { type JsonObject, listOf, objectOf, textOf, timeOf } from '../reading/members.ts';
import { present } from '../reading/present.ts';
import { historyMessages } from './history.ts';
import { executionOf } from './tool-execution.ts';

/** The messages that were recorded; of a run whose recorder kept none, what its steps say. */
export function messagesOf(record: JsonObject): readonly RunMessage[] {
  const steps = listOf(record.steps).map(objectOf);
  const kept = steps.some(({ step_type }) => step_type === 'message');
  return kept ? historyMessages(steps) : told(record, steps);
}

function told(record: JsonObject, steps: readonly JsonObject[]): readonly RunMessage[] {
  const query = textOf(record.user_query);
  const messages: RunMessage[] = query === undefined ? [] : [{ role: 'user', text: query }];
  steps.forEach((step, index) => {
    const at = timeOf(step.timestamp);
    if (step.step_type === 'tool_execution') {
      const { call, result } = executionOf(step, `call_${index + 1}`);
      messages.push(present({ role: 'assistant', text: '', calls: [call], at }));
      if (result !== undefined) messages.push(present({ ...result, at }));
      return;
    }
    const said = decisionOf(step);
    if (said !== undefined)
      messages.push(present({ role: 'assistant', text: '', reasoning: said, at, extra: { step: step.step_type } }));
  });
  const answer = textOf(record.final_answer);
  if (answer !== undefined) messages.push({ role: 'assistant', text: answer });
  return messages;
}

/** What the agent decided before it called a tool, in its words where there are some. */
function decisionOf({ step_type, output_data, llm_interaction }: JsonObject): string | undefined {
  if (typeof output_data === 'string') return textOf(output_data);
  const { selection_reasoning, reasoning, thought, ...rest } = objectOf(output_data);
  const said = [selection_reasoning, reasoning, thought, objectOf(llm_interaction).response].find(
    (one) => textOf(one) !== undefined,
  ) as string | undefined;
  if (step_type === 'state') return undefined;
  const decided = Object.keys(rest).length > 0 ? `${String(step_type)}: ${JSON.stringify(rest)}` : undefined;
  return textOf([decided, said].filter((one) => one !== undefined).join('\n'));
}
